import { ArrowRight, FolderPlus, Lock } from "lucide-react";
import type { Library } from "../bindings/Library";
import { useNavigation } from "../data/place";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { usePlatform } from "../platform";
import { bytes, count, plural, short } from "../text/format";
import { useAction } from "../useActions";
import s from "./Start.module.css";

/** The start screen before you add a folder. */
export function NoLibrary() {
  const { openSources } = useNavigation();
  const addFolder = useAction("addFolder");
  const platform = usePlatform();
  const chooseFiles = () =>
    void platform.chooseFiles().then((paths) => {
      if (paths) openSources(paths);
    });
  return (
    <div className={s.start}>
      <div className={`${s.inner} ${s.drop}`}>
        <FolderPlus size={36} strokeWidth={1.4} />
        <h1 className={s.title}>{platform.kind === "window" ? "Drop a folder here" : "Add a folder to ask about"}</h1>
        <p>Documents, code or logs, of any size. Plumb opens it at once and changes no file in it.</p>
        <div className={s.buttons}>
          <Button look="primary" large onClick={addFolder.run} title={addFolder.tip}>
            Choose a folder
          </Button>
          <Button large onClick={chooseFiles}>
            Choose files
          </Button>
        </div>
      </div>
    </div>
  );
}

const examples = [
  "What is in here? Give me an overview.",
  "List every date and deadline, and where I can find each one.",
  "Which parts contradict each other?",
];

/** The start screen of a library: its size, and questions to try. */
export function NewQuestion({ library }: { library: Library }) {
  const { go, place } = useNavigation();
  const { overview, problem } = library;
  return (
    <div className={s.start}>
      <div className={s.inner}>
        <h1 className={s.title}>What do you want to know?</h1>
        {problem ? (
          <div style={{ marginTop: 16 }}>
            <Banner title={`Plumb cannot open “${library.name}” right now`}>{problem.message}</Banner>
          </div>
        ) : (
          <>
            <p className={`${s.about} num`}>
              {overview
                ? `About ${library.name}: ${plural(overview.documents, "document")}, ${bytes(overview.bytes)}, about ${short(overview.tokens_estimate)} tokens.`
                : library.found > 0
                  ? `Found ${count(library.found)} documents in ${library.name} so far… You can already ask.`
                  : `Looking through ${library.name}… You can already ask.`}
            </p>
            {library.local_only && (
              <p className={s.kept}>
                <Lock size={13} /> Kept on this computer: Plumb refuses anything that would send parts of it elsewhere.
              </p>
            )}
            <div className={s.tries}>
              {examples.map((question) => (
                <button
                  key={question}
                  type="button"
                  className={s.try}
                  onClick={() => go({ draft: { ...place.draft, question } })}
                >
                  <ArrowRight size={14} />
                  {question}
                </button>
              ))}
            </div>
          </>
        )}
      </div>
    </div>
  );
}
