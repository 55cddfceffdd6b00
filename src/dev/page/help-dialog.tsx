import { useState } from 'preact/hooks';
import { allKeys, type Key } from './parts/keys.js';

export function HelpDialog() {
  const [keys, setKeys] = useState<readonly Key[]>([]);
  // The keys of the open view are known when it opens.
  return (
    <dialog aria-labelledby="help-title" onToggle={() => setKeys(allKeys())}>
      <h2 id="help-title">Keys</h2>
      <table>
        <tbody>
          {keys.map((key) => (
            <tr key={key.keys[0]}>
              <th scope="row">
                {key.keys.map((name) => (
                  <kbd key={name}>{NAMES[name] ?? name}</kbd>
                ))}
              </th>
              <td>{key.what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

const NAMES: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  ' ': 'Space',
};
