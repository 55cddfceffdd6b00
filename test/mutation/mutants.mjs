// Small changes of a file's text, each of which a test should notice.
import { parse } from 'acorn';
import { full } from 'acorn-walk';

const SWAPPED = {
  ...{ '===': '!==', '!==': '===', '<': '<=', '<=': '<', '>': '>=', '>=': '>', '+': '-', '-': '+', '*': '/' },
  ...{ '&&': '||', '||': '&&' },
};

/**
 * @param {string} text of an ES module
 * @returns {{ start: number, end: number, text: string, what: string }[]} what is replaced by what
 */
export function mutantsOf(text) {
  const found = [];
  const add = (node, by, what) => found.push({ start: node.start, end: node.end, text: by, what });
  const source = ({ start, end }) => text.slice(start, end);
  const swap = (node) => {
    const by = SWAPPED[node.operator];
    if (!by) return;
    const at = text.indexOf(node.operator, node.left.end);
    add({ start: at, end: at + node.operator.length }, by, `${node.operator} is ${by}`);
  };
  const always = (test) => {
    for (const value of ['true', 'false']) if (source(test) !== value) add(test, value, `always ${value}`);
  };
  full(parse(text, { ecmaVersion: 'latest', sourceType: 'module' }), (node) => {
    switch (node.type) {
      case 'BinaryExpression':
      case 'LogicalExpression':
        return swap(node);
      case 'IfStatement':
      case 'ConditionalExpression':
        return always(node.test);
      case 'Literal':
        if (typeof node.value === 'boolean') return add(node, String(!node.value), 'the other boolean');
        if (typeof node.value === 'number') return add(node, String(node.value + 1), 'a number more');
        return;
      case 'ExpressionStatement':
        if (node.expression.type === 'CallExpression') return add(node, ';', 'no call');
        return;
      case 'UpdateExpression':
        return add(node, source(node).replace('++', '--'), 'down, not up');
    }
  });
  return found.filter((one) => text.slice(one.start, one.end) !== one.text).sort((a, b) => a.start - b.start);
}
