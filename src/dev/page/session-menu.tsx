import { useRef } from 'preact/hooks';
import { source } from './data/connection.js';
import { count } from './parts/format.js';
import { save, say } from './parts/notice.js';

/** The session to a file, and one from a file. */
export function SessionMenu() {
  const file = useRef<HTMLInputElement>(null);
  if (!source.live) return null;
  return (
    <>
      <select
        aria-label="Export or import the session"
        value=""
        onChange={(event) => {
          const choice = event.currentTarget.value;
          event.currentTarget.value = '';
          if (choice === 'import') file.current?.click();
          else if (choice === 'otlp' || choice === 'html') void exportSession(choice);
        }}
      >
        <option value="">Session</option>
        <option value="html">Export as one HTML file</option>
        <option value="otlp">Export as OTLP JSON</option>
        <option value="import">Import OTLP JSON …</option>
      </select>
      <input
        ref={file}
        type="file"
        hidden
        aria-label="File of OTLP JSON, one request a line"
        accept=".json,.jsonl"
        onChange={(event) => void importSession(event.currentTarget)}
      />
    </>
  );
}

async function exportSession(format: 'otlp' | 'html'): Promise<void> {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  try {
    save(await source.exportAs(format), `kf-cluster-${stamp}.${format === 'otlp' ? 'otlp.jsonl' : 'html'}`);
  } catch (cause) {
    say(`not exported: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

async function importSession(input: HTMLInputElement): Promise<void> {
  const [file] = input.files ?? [];
  if (file === undefined) return;
  try {
    const { spans, logs, metrics } = await source.importFrom(file);
    say(`${file.name}: ${count(spans, 'span')}, ${count(logs, 'log')}, ${count(metrics, 'metric')} imported`);
  } catch (cause) {
    say(`${file.name} not imported: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    input.value = '';
  }
}
