import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import Markdown from "react-markdown";
import { expect, test } from "vitest";
import { rehypePlugins, remarkPlugins } from "./answerMarkdown";
import { takeCitations } from "./citations";

/** The answer as HTML; a chip is `<cite data-index="…">`. */
function drawn(answer: string): string {
  const { text, cited } = takeCitations(answer, [], false);
  return renderToStaticMarkup(createElement(Markdown, { remarkPlugins, rehypePlugins: rehypePlugins(cited.length) }, text));
}
/** The visible text, with `[0]` for the chip of the first mark. */
const read = (answer: string) =>
  drawn(answer)
    .replace(/<cite data-index="(\d+)"><\/cite>/g, "[$1]")
    .replace(/<[^>]+>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("\u2060", "")
    .replace(/\s+/g, " ");

const tags = [
  "base href=x",
  "link",
  "frameset",
  "body",
  "div hidden",
  "details",
  "table",
  "h1",
  "script",
  "style",
  "template",
  "x-y",
];
test.each(tags)("text after <%s> at the start of a line is shown", (tag) => {
  expect(read(`<${tag}>Seen. [[x#L1]]`)).toBe(`<${tag}>Seen. [0]`);
  expect(read(`Before.\n\n- <${tag}>Seen. [[x#L1]]\n\nAfter [[y]].`)).toMatch(/Before\. <.*>Seen\. \[0\] After \[1\]\./);
});

test("places inside tags, comments and scripts are shown", () => {
  expect(read('A <i title="[[x#L1]]">b</i>')).toBe('A <i title="[0]">b</i>');
  expect(read("A <!-- hidden [[x#L1]] -->")).toBe("A <!-- hidden [0] -->");
  expect(read("<!-- hidden\n\nstill [[x#L1]] -->")).toMatch(/<!-- hidden still \[0\] -->/);
  expect(read("<script>\nlet a; [[x#L1]]\n</script>")).toBe("<script> let a; [0] </script>");
  expect(read("<!DOCTYPE [[x#L1]]> <?php [[y]] ?> <![CDATA[z [[w]]]]>")).toContain(
    "<!DOCTYPE [0]> <?php [1] ?> <![CDATA[z [2]]]>",
  );
});

test("tags never become elements", () => {
  const answer = tags.map((tag) => `<${tag}>a</${tag.split(" ")[0]}> b <${tag}>`).join("\n\n");
  expect(drawn(answer)).not.toMatch(/<(?!\/?p>)/);
});

test("Markdown beside a tag stays Markdown; <br> breaks the line", () => {
  expect(drawn("<div>\n**bold**")).toContain("<strong>bold</strong>");
  expect(drawn("| a |\n| - |\n| one<br>two<BR/>three |")).toContain("<td>one<br/>two<br/>three</td>");
});

test("a hidden place is listed below the answer", () => {
  const hidden = [
    "[a](http://x/[[x#L1]])",
    '[a](http://x/ "[[x#L1]]")',
    "![[[x#L1]]](http://x/y.png)",
    "[a][r]\n\n[r]: http://x/[[x#L1]]",
    "a\n\n[^n]: [[x#L1]]",
    "```[[x#L1]]\ncode\n```",
    "| a |\n| - |\n| b | [[x#L1]] |",
  ];
  for (const answer of hidden) expect(read(answer), answer).toMatch(/Also cited in a hidden part of the answer: \[0\]$/);
  expect(read("Seen. [[x#L1]]")).toBe("Seen. [0]");
});

test("a picture's description holds no placeholder", () => {
  expect(drawn("![a [[x#L1]] b](y.png)")).toContain('alt="a  b"');
});

test("an answer cannot forge a chip", () => {
  for (const forged of [
    "\ue0000\ue001",
    "&#xe000;0&#xe001;",
    "&#57344;0&#57345;",
    "&#x0\ue00000E000;0&#xE001;",
    "&#xe0&#xe000;00;0&#xe001;",
  ])
    expect(drawn(`“Yes.” [[x#L1]] “No.” ${forged}`).match(/<cite/g), forged).toHaveLength(1);
});
