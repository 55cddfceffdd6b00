import { copiesOf, type Package } from '../app/graph.js';
import type { Checks } from '../check.js';
import type { Facts } from '../facts.js';
import { inRange, tripleOf } from '../semver.js';

const API = '@opentelemetry/api';
const DEDUPE = 'npm dedupe && npm ls @opentelemetry/api';

/** Which versions of what stand beside each other. */
export const VERSION_CHECKS = {
  'api-copies': {
    severity: 'warning',
    symptom: 'versions',
    about: 'several versions of @opentelemetry/api of the same minor',
    find: ({ graph }) => {
      const copies = copiesOf(graph, API);
      if (copies.length < 2 || new Set(copies.map(minorOf)).size > 1) return [];
      return [
        {
          what: `${copies.length} copies of ${API}: ${listed(copies)}`,
          why: 'a provider that one copy registers can be written to by that version alone',
          fix: 'Install one version for all.',
          next: DEDUPE,
        },
      ];
    },
  },
  'api-minors': {
    severity: 'warning',
    symptom: 'versions',
    about: 'copies of @opentelemetry/api with different minor versions, such as 1.9 and 1.10',
    find: ({ graph }) => {
      const copies = copiesOf(graph, API).filter(({ version }) => isSupported(version));
      if (new Set(copies.map(minorOf)).size < 2) return [];
      return [
        {
          what: `copies of ${API} with different minor versions: ${listed(copies)}`,
          why: 'the newer one sees nothing of a provider that was registered through the older one; kf-cluster joins the copies it can see, other SDKs do not',
          fix: 'Install the highest of them for all.',
          next: `npm i ${API}@${copies.at(-1)!.version} && npm dedupe`,
        },
      ];
    },
  },
  'api-unsupported': {
    severity: 'error',
    symptom: 'versions',
    about: 'a copy of @opentelemetry/api below 1.8, from 1.11 on, or a pre-release',
    find: ({ graph }) =>
      copiesOf(graph, API)
        .filter(({ version }) => !isSupported(version))
        .map(({ version, dir }) => ({
          what: `${API} ${version} in ${dir}`,
          why: 'kf-cluster joins 1.8, 1.9 and 1.10: what uses another copy makes spans that go nowhere',
          fix: 'Install a supported version, or update the package that brings it.',
          next: `npm i ${API}@1.9`,
        })),
  },
  'sdk-families': {
    severity: 'warning',
    symptom: 'versions',
    about: 'packages of the OpenTelemetry SDK 1.x, 2.x and 3.x beside each other',
    find: ({ graph }) => {
      const sdk = graph.all.filter(({ name }) => SDK.test(name));
      const majors = groupBy(sdk, familyOf);
      if (majors.size < 2) return [];
      const shown = [...majors].map(([family, all]) => `${family}: ${all[0]!.name} ${all[0]!.version}`);
      return [
        {
          what: `SDK packages of ${majors.size} families: ${shown.join('; ')}`,
          why: 'their types and resources differ: an exporter of one fails on the spans of another',
          fix: 'Take all of them from one release of OpenTelemetry JS.',
          next: "npm ls | grep '@opentelemetry/sdk'",
        },
      ];
    },
  },
  'dependency-missing': {
    severity: 'error',
    symptom: 'deployment',
    about: 'a dependency of package.json that is not installed',
    find: ({ graph: { missing }, manifest }) => {
      const lost = missing.filter((name) => name in manifest.dependencies && name !== 'kf-cluster');
      if (lost.length === 0) return [];
      const shown = lost.length > 5 ? `${lost.slice(0, 5).join(', ')} and ${lost.length - 5} more` : lost.join(', ');
      return [
        {
          what: `not installed: ${shown}`,
          why: 'package.json asks for it and node_modules does not have it',
          fix: 'Install the dependencies.',
          next: 'npm install',
        },
      ];
    },
  },
  'node-engine': {
    severity: 'error',
    symptom: 'environment',
    about: 'this Node is outside of engines.node of package.json',
    find: ({ manifest: { engine }, machine: { node } }) =>
      engine === undefined || inRange(node, engine)
        ? []
        : [
            {
              what: `this is Node ${node}, package.json asks for ${engine}`,
              why: 'engines.node names the versions that the app is for',
              fix: 'Use one of them.',
              next: 'node --version',
            },
          ],
  },
  'node-image': {
    severity: 'error',
    symptom: 'environment',
    about: 'a Dockerfile with a Node that kf-cluster does not run on',
    find: ({ deployments }) =>
      deployments.workloads
        .filter(({ node }) => node !== undefined && Number(node) < 20)
        .map(({ file, node }) => ({
          what: `${file} is built on node:${node}`,
          why: 'kf-cluster needs Node 20.19 or newer: the container ends with NODE_TOO_OLD',
          fix: 'FROM node:24-slim',
        })),
  },
} satisfies Checks<Facts>;

const SDK = /^@opentelemetry\/(sdk-trace-(base|node)|sdk-node|resources|core|sdk-metrics|sdk-logs)$/;

const minorOf = ({ version }: Package) => version.split('.').slice(0, 2).join('.');
const isSupported = (version: string) => !version.includes('-') && inRange(version, '>=1.8.0 <1.11.0');

/** Stable packages carry the major version; those of the experimental train stand for the stable ones of the same release. */
function familyOf({ version }: Package): string {
  const [major, minor] = tripleOf(version) ?? [0, 0, 0];
  if (major > 0) return `${major}.x`;
  return minor >= 300 ? '3.x' : minor >= 200 ? '2.x' : '1.x';
}

function listed(copies: readonly Package[]): string {
  return copies.map(({ version, dir }) => `${version} in ${dir}`).join(', ');
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
