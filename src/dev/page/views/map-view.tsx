import type { MapEdge, MapNode } from '../data/contract.js';
import { map } from '../data/state.js';
import { Empty, Waiting } from '../parts/empty.js';
import { digits, duration, percent } from '../parts/format.js';
import { Wide } from '../parts/wide.js';
import { layOut, NODE, type Placed } from './map-layout.js';

export function MapView() {
  if (map.value === undefined) return <Waiting />;
  const { nodes, edges } = map.value;
  if (nodes.length === 0) {
    return (
      <Empty title="No services yet">
        <p>
          Services and what they call (databases, queues, other hosts) are drawn from spans. Send the app a request.
        </p>
      </Empty>
    );
  }
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="tools">
        <h1 id="view-title">Service map</h1>
        <span class="muted">from the spans held; calls a second of the last minute</span>
      </div>
      <Drawing nodes={nodes} edges={edges} />
      <EdgeTable nodes={nodes} edges={edges} />
    </section>
  );
}

interface Graph {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

function Drawing({ nodes, edges }: Graph) {
  const placed = layOut(nodes, edges);
  const byId = new Map(placed.map((one) => [one.node.id, one]));
  const width = Math.max(...placed.map(({ x }) => x)) + NODE.width + 8;
  const height = Math.max(...placed.map(({ y }) => y)) + NODE.height + 8;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="scroll-x map" tabIndex={0} aria-label="Drawing of the service map">
      <svg width={width} height={height} viewBox={`-4 -4 ${width} ${height}`} aria-hidden="true">
        <title>Service map; the table below says the same</title>
        {edges.map((edge) => (
          <Edge key={`${edge.from} ${edge.to}`} edge={edge} from={byId.get(edge.from)} to={byId.get(edge.to)} />
        ))}
        {placed.map(({ node, x, y }) => (
          <g key={node.id} class={`node ${node.kind} ${node.errors > 0 ? 'failed' : ''}`}>
            <rect x={x} y={y} width={NODE.width} height={NODE.height} rx={node.kind === 'service' ? 4 : 18} />
            <text x={x + NODE.width / 2} y={y + 18}>
              {shortened(node.label)}
            </text>
            <text class="minor-text" x={x + NODE.width / 2} y={y + 34}>
              {node.kind}
              {node.kind === 'client' ? '' : ` ${digits(node.rate)}/s`}
            </text>
          </g>
        ))}
      </svg>
    </section>
  );
}

function Edge({
  edge,
  from,
  to,
}: {
  readonly edge: MapEdge;
  readonly from?: Placed | undefined;
  readonly to?: Placed | undefined;
}) {
  if (from === undefined || to === undefined || from === to) return null;
  const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
  const [x2, y2] = [to.x, to.y + NODE.height / 2];
  const bend = Math.max(30, (x2 - x1) / 2);
  return (
    <g class={`edge ${edge.errors > 0 ? 'failed' : ''}`}>
      <path d={`M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`} />
      <text x={(x1 + x2) / 2} y={(y1 + y2) / 2 - 5}>
        {digits(edge.rate)}/s, {duration(edge.p95)}
      </text>
    </g>
  );
}

const shortened = (label: string) => (label.length > 20 ? `${label.slice(0, 19)}…` : label);

function EdgeTable({ nodes, edges }: Graph) {
  const labels = new Map(nodes.map(({ id, label }) => [id, label]));
  return (
    <Wide label="Calls">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col" class="number">
              Rate
            </th>
            <th scope="col" class="number">
              Errors
            </th>
            <th scope="col" class="number">
              p95
            </th>
          </tr>
        </thead>
        <tbody>
          {edges.map(({ from, to, rate, errors, p95 }) => (
            <tr key={`${from} ${to}`}>
              <td>{labels.get(from) ?? from}</td>
              <td>{labels.get(to) ?? to}</td>
              <td class="number">{digits(rate)}/s</td>
              <td class={`number ${errors > 0 ? 'bad-text' : ''}`}>{percent(errors)}</td>
              <td class="number">{duration(p95)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}
