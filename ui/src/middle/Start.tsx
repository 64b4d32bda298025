import { ArrowRight, FolderPlus, Lock } from "lucide-react";
import type { Library } from "../bindings/Library";
import { useNavigation } from "../data/place";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { usePlatform } from "../platform";
import { bytes, count, plural, short } from "../text/format";
import s from "./Start.module.css";

/** Before the first folder. */
export function NoLibrary() {
  const { addFolder, openSources } = useNavigation();
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
        <p>Documents, code, logs: of any size. It is opened at once, and no file in it is changed.</p>
        <div className={s.buttons}>
          <Button look="primary" large onClick={addFolder}>
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

const tries = [
  "What is in here? Give me an overview.",
  "List every date and deadline, and where each one stands.",
  "Which parts contradict each other?",
];

/** A library, before a question. */
export function NewQuestion({ library }: { library: Library }) {
  const { go, place } = useNavigation();
  const { overview, problem } = library;
  return (
    <div className={s.start}>
      <div className={s.inner}>
        <h1 className={s.title}>What do you want to know?</h1>
        {problem ? (
          <div style={{ marginTop: 16 }}>
            <Banner title={`“${library.name}” cannot be opened just now`}>{problem.message}</Banner>
          </div>
        ) : (
          <>
            <p className={`${s.about} num`}>
              {overview
                ? `About ${library.name}: ${plural(overview.documents, "document")}, ${bytes(overview.bytes)}, about ${short(overview.tokens_estimate)} tokens.`
                : library.found > 0
                  ? `Found ${count(library.found)} documents in ${library.name} so far… You can ask already.`
                  : `Looking through ${library.name}… You can ask already.`}
            </p>
            {library.local_only && (
              <p className={s.kept}>
                <Lock size={13} /> Kept on this computer: what would take any of it elsewhere is refused.
              </p>
            )}
            <div className={s.tries}>
              {tries.map((question) => (
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
