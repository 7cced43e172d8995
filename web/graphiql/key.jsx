import { useId, useState } from 'react';

// KeyField takes the key with Enter or when it is left. A key that is refused is
// said to be so in words, not in colour only.
export function KeyField({ value, refused, onChange }) {
  const [draft, setDraft] = useState(value);
  const id = useId();
  const take = () => draft.trim() !== value && onChange(draft.trim());
  const state = refused ? (value ? 'is not accepted' : 'is needed') : value ? 'is sent' : 'none';
  return (
    <form
      className="key"
      data-state={refused ? 'refused' : value ? 'sent' : 'none'}
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <label htmlFor={id}>API key</label>
      <input
        id={id}
        type="password"
        autoComplete="off"
        spellCheck="false"
        placeholder={refused ? 'paste it here' : 'only if the service has one'}
        title="Kept until this browser tab is closed"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={take}
      />
      <output>{state}</output>
      {value && (
        <button
          type="button"
          onClick={() => {
            setDraft('');
            onChange('');
          }}
        >
          Forget
        </button>
      )}
    </form>
  );
}
