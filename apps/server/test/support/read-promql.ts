import { parser } from '@prometheus-io/lezer-promql';

/** What a query asks for. */
export interface PromQuery {
  readonly selectors: readonly {
    readonly metric: string;
    readonly matchers: readonly { readonly label: string; readonly value: string }[];
  }[];
  /** What it groups by. */
  readonly groupedBy: readonly string[];
}

/** Reads a query by Prometheus' own grammar. @throws Error that says where it is wrong. */
export function readPromQl(text: string): PromQuery {
  const selectors: { metric: string; matchers: { label: string; value: string }[] }[] = [];
  const groupedBy: string[] = [];
  parser.parse(text).iterate({
    enter: (node) => {
      const words = text.slice(node.from, node.to);
      if (node.type.isError) throw new Error(`wrong at ${node.from}: ${text}`);
      switch (node.name) {
        case 'VectorSelector':
          selectors.push({ metric: '', matchers: [] });
          break;
        case 'Identifier': {
          const last = selectors.at(-1);
          if (last !== undefined) last.metric = words;
          break;
        }
        case 'UnquotedLabelMatcher': {
          const [, label = '', value = ''] = /^(\w+)\s*[=!~]+\s*"(.*)"$/.exec(words) ?? [];
          selectors.at(-1)?.matchers.push({ label, value });
          return false;
        }
        case 'LabelName':
          groupedBy.push(words);
          break;
        default:
      }
      return undefined;
    },
  });
  return { selectors, groupedBy };
}
