// How the Markdown of an answer is read: HTML in it is words like all others, and no place that it names gets lost.
import type { Element, ElementContent, Root, RootContent, Text } from "hast";
import type { Options } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { rehypeCitations } from "./citations";

type Plugins = NonNullable<Options["remarkPlugins"]>;

/** A line that begins with a tag begins no block of HTML: its words are read as Markdown, as those of any other line. */
function remarkNoHtmlBlocks(this: unknown) {
  const { micromarkExtensions } = (this as { data(): { micromarkExtensions: unknown[] } }).data();
  micromarkExtensions.push({ disable: { null: ["htmlFlow"] } });
}

/** A tag is shown as it was written. Only a line break, which hides nothing and which models write in tables, is one. */
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

// The tables' plugin comes first: it makes the list that the other one adds to.
export const remarkPlugins: Plugins = [remarkGfm, remarkNoHtmlBlocks];

/** `marks`: how many places the answer names. Sanitised before the chips are made: these are ours, everything else is the model's. */
export const rehypePlugins = (marks: number): Plugins => [rehypeTagsAsText, rehypeSanitize, [rehypeCitations, marks]];
