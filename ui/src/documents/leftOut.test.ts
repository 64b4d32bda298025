import { expect, test } from "vitest";
import { leftOutWords, reasonWords } from "./leftOut";

test("reasons are counted in correct English", () => {
  expect(reasonWords("an image", 1)).toBe("1 image");
  expect(reasonWords("an image", 3)).toBe("3 images");
  expect(reasonWords("a binary file", 1200)).toBe("1,200 binary files");
  expect(reasonWords("an archive in an unsupported format", 2)).toBe("2 archives in an unsupported format");
  expect(reasonWords("a link that leads out of the folder", 2)).toBe("2 links that lead out of the folder");
  expect(reasonWords("protected with a password", 1)).toBe("1 protected with a password");
  expect(reasonWords("it is empty", 2)).toBe("2 empty");
  expect(reasonWords("Plumb may not open it", 2)).toBe("2 that Plumb may not open");
  expect(reasonWords("no text on its pages", 2)).toBe("2 with no text on its pages");
  expect(reasonWords("reading it took longer than 30s", 1)).toBe("1 because reading it took longer than 30s");
});

test("equal reasons are added up, and rare ones summed", () => {
  const reasons = [
    "damaged: its end is missing",
    "damaged: it has no headers",
    "a font",
    "a video",
    "an image",
    "a program",
    "empty",
  ];
  const words = leftOutWords(reasons.map((reason, i) => ({ reason, files: 20 - i })));
  expect(words).toBe("39 damaged, 18 fonts, 17 videos, 16 images, 29 for other reasons");
  expect(leftOutWords([])).toBe("");
});
