// Plugins that read the Markdown of an answer: HTML is shown as text, and no cited place gets lost.
import type { Element, ElementContent, Root, RootContent, Text } from "hast";
import type { Options } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { rehypeCitations } from "./citations";

type Plugins = NonNullable<Options["remarkPlugins"]>;

/** Turns off HTML blocks, so that a line that begins with a tag is read as Markdown. */
function remarkNoHtmlBlocks(this: unknown) {
  const { micromarkExtensions } = (this as { data(): { micromarkExtensions: unknown[] } }).data();
  micromarkExtensions.push({ disable: { null: ["htmlFlow"] } });
}

/** Shows tags as text, except `<br>`, which hides nothing and which models write in tables. */
function rehypeTagsAsText() {
  return (tree: Root) => {
    tree.children = asText(tree.children);
  };
}

function asText<T extends RootContent | ElementContent>(children: T[]): (T | Text | Element)[] {
  return children.map((child) => {
    if (child.type === "raw") return tagAsText(child.value);
    if (child.type === "element") child.children = asText(child.children);
    return child;
  });
}

const tagAsText = (tag: string): Text | Element =>
  /^<br\s*\/?>$/i.test(tag) ? { type: "element", tagName: "br", properties: {}, children: [] } : { type: "text", value: tag };

// remarkGfm comes first: it creates the list that the other plugin adds to.
export const remarkPlugins: Plugins = [remarkGfm, remarkNoHtmlBlocks];

/** The plugins for an answer with this many citation marks. Sanitising comes before the chips, the only elements that Plumb adds. */
export const rehypePlugins = (marks: number): Plugins => [rehypeTagsAsText, rehypeSanitize, [rehypeCitations, marks]];
