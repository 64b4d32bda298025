import { Autocomplete } from "@base-ui/react/autocomplete";
import { Select } from "@base-ui/react/select";
import { ChevronDown } from "lucide-react";
import { useId, useRef, useState, type ComponentProps, type ReactNode } from "react";
import { cx } from "./cx";
import s from "./Field.module.css";
import { useLandmark } from "./landmark";
import m from "./Menu.module.css";

interface Frame {
  label: string;
  hint?: ReactNode;
}

/** A text field with its label above and a hint below. */
export function TextField({ label, hint, className, ...rest }: Frame & ComponentProps<"input">) {
  const id = useId();
  return (
    <div className={cx(s.field, className)}>
      <label className={s.label} htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className={s.input}
        aria-describedby={hint ? `${id}-hint` : undefined}
        autoComplete="off"
        spellCheck={false}
        {...rest}
      />
      {hint && (
        <span id={`${id}-hint`} className={s.hint}>
          {hint}
        </span>
      )}
    </div>
  );
}

interface SuggestProps extends Frame {
  value: string;
  options: string[];
  placeholder?: string;
  onChange(value: string): void;
}

/** A text field that suggests options and accepts any text. */
export function SuggestField({ label, hint, value, options, placeholder, onChange }: SuggestProps) {
  const id = useId();
  const { landmark, inside } = useLandmark();
  const [open, setOpen] = useState(false);
  const popup = useRef<HTMLDivElement>(null);
  return (
    <div className={s.field} ref={inside}>
      <label className={s.label} htmlFor={id}>
        {label}
      </label>
      <Autocomplete.Root
        items={options}
        value={value}
        onValueChange={onChange}
        open={open}
        onOpenChange={(opens, { event }) => {
          // A click on the field arrives before the field has the focus.
          const pressed = event.target instanceof Element && event.target.id === id;
          setOpen(opens && (pressed || document.activeElement?.id === id));
        }}
        openOnInputClick
      >
        <Autocomplete.Input
          id={id}
          className={s.input}
          placeholder={placeholder}
          spellCheck={false}
          // A list that opens after you left the field would cover the next one.
          onBlur={({ relatedTarget }) => popup.current?.contains(relatedTarget) || setOpen(false)}
        />
        {/* Otherwise a list that opened while empty would stay open once options arrive. */}
        {open && options.length > 0 && (
          <Autocomplete.Portal container={landmark} className={m.portal}>
            <Autocomplete.Positioner sideOffset={4} className={m.place}>
              <Autocomplete.Popup ref={popup}>
                <Autocomplete.List className={s.list} aria-label={label}>
                  {(option: string) => (
                    <Autocomplete.Item key={option} value={option} className={s.item}>
                      {option}
                    </Autocomplete.Item>
                  )}
                </Autocomplete.List>
              </Autocomplete.Popup>
            </Autocomplete.Positioner>
          </Autocomplete.Portal>
        )}
      </Autocomplete.Root>
      {hint && <span className={s.hint}>{hint}</span>}
    </div>
  );
}

interface ChoiceProps extends Frame {
  value: string;
  options: { value: string; label: string }[];
  onChange(value: string): void;
}

/** A field that chooses one of a few options. */
export function ChoiceField({ label, hint, value, options, onChange }: ChoiceProps) {
  const id = useId();
  const { landmark, inside } = useLandmark();
  return (
    <div className={s.field} ref={inside}>
      <span className={s.label} id={id}>
        {label}
      </span>
      <Select.Root items={options} value={value} onValueChange={(chosen) => chosen !== null && onChange(chosen)}>
        <Select.Trigger className={cx(s.input, s.trigger)} aria-labelledby={id}>
          <Select.Value />
          <Select.Icon className={s.icon}>
            <ChevronDown size={14} />
          </Select.Icon>
        </Select.Trigger>
        <Select.Portal container={landmark} className={m.portal}>
          <Select.Positioner sideOffset={4} alignItemWithTrigger={false} className={m.place}>
            <Select.Popup className={s.list}>
              {options.map((option) => (
                <Select.Item key={option.value} value={option.value} className={s.item}>
                  <Select.ItemText>{option.label}</Select.ItemText>
                </Select.Item>
              ))}
            </Select.Popup>
          </Select.Positioner>
        </Select.Portal>
      </Select.Root>
      {hint && <span className={s.hint}>{hint}</span>}
    </div>
  );
}
