import type { ModelView, Settings } from '../../../core/index.ts';

export type Row =
  | { readonly kind: 'heading'; readonly key: string; readonly text: string }
  | {
      readonly kind: 'model';
      readonly key: string;
      readonly model: ModelView;
      readonly favourite: boolean;
      /** Its section does not say whose it is. */
      readonly mixed: boolean;
    };

export interface Found {
  readonly rows: readonly Row[];
  /** How many models match whose provider has no key. */
  readonly withoutKey: number;
  /** How many match whose provider refuses web pages: only the extension reaches them. */
  readonly unreachable: number;
}

type Marked = Pick<Settings, 'favouriteModels' | 'recentModels' | 'hiddenModels'>;

interface Searchable {
  readonly model: ModelView;
  readonly text: string;
}

const RECENT = 5;

/** Folds the names once, so that a key press only compares. */
export function createModelSearch(
  models: readonly ModelView[],
  unreachableProviders: ReadonlySet<string> = new Set(),
) {
  const all: Searchable[] = models.map((model) => ({
    model,
    text: fold(`${model.id} ${model.name} ${model.providerName}`),
  }));

  /** Favourites, recent ones, the person's own, then each provider's; in a search the best first. */
  return function search(query: string, marked: Marked): Found {
    const words = fold(query).split(/\s+/).filter(Boolean);
    const hidden = new Set(words.length === 0 ? marked.hiddenModels : []);
    const matching = all.filter(
      ({ model, text }) => !hidden.has(model.id) && words.every((word) => text.includes(word)),
    );
    const keyed = matching.filter(({ model }) => model.usable);
    const usable = keyed.filter(({ model }) => !unreachableProviders.has(model.provider));
    const favourites = new Set(marked.favouriteModels);
    const rows: Row[] = [];
    const section = (text: string, chosen: readonly ModelView[], mixed = true) => {
      if (chosen.length === 0) return;
      rows.push({ kind: 'heading', key: `heading ${text}`, text });
      for (const model of chosen) {
        rows.push({
          kind: 'model',
          key: `${text} ${model.id}`,
          model,
          favourite: favourites.has(model.id),
          mixed,
        });
      }
    };
    if (words.length > 0) {
      const ranked = usable
        .map(({ model, text }) => ({ model, rank: toRank(model, text, words, favourites) }))
        .sort((a, b) => a.rank - b.rank);
      section(
        'Models',
        ranked.map(({ model }) => model),
      );
    } else {
      const byId = new Map(usable.map(({ model }) => [model.id, model]));
      const pick = (ids: readonly string[] = []) =>
        ids.map((id) => byId.get(id)).filter((model) => model !== undefined);
      section('Favourites', pick(marked.favouriteModels));
      section(
        'Recent',
        pick(marked.recentModels?.filter((id) => !favourites.has(id)).slice(0, RECENT)),
      );
      section(
        'My models',
        [...byId.values()].filter(({ logical }) => logical),
      );
      const byProvider = new Map<string, ModelView[]>();
      for (const model of byId.values()) {
        if (model.logical) continue;
        const list = byProvider.get(model.providerName);
        if (list) list.push(model);
        else byProvider.set(model.providerName, [model]);
      }
      for (const [name, list] of byProvider) section(name, list, false);
    }
    return {
      rows,
      withoutKey: matching.length - keyed.length,
      unreachable: keyed.length - usable.length,
    };
  };
}

/** Lower is better: a favourite, a name that begins with the word, a word that begins with it, a fragment. */
function toRank(
  model: ModelView,
  text: string,
  [first = '']: readonly string[],
  favourites: ReadonlySet<string>,
): number {
  const name = fold(model.id.slice(model.id.indexOf('/') + 1));
  const place = text.indexOf(first);
  const begins = name.startsWith(first) || text.startsWith(first);
  const wordStart = place > 0 && /[\s/._:-]/.test(text[place - 1] ?? '');
  return (
    (favourites.has(model.id) ? 0 : 10) + (begins ? 0 : wordStart ? 2 : 4) + text.length / 1000
  );
}

function fold(text: string): string {
  return text.normalize('NFKD').toLowerCase();
}
