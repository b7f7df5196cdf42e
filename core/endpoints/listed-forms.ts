import type { FormatName } from '../formats/chat.ts';
import type { ListedModel } from './listed-model.ts';

/** How a dialect tells of models. */
interface ModelForms {
  one(model: ListedModel): object;
  list(models: readonly ListedModel[]): object;
}

const OPENAI: ModelForms = {
  one: (model) => model,
  list: (data) => ({ object: 'list', data }),
};

/** The whole list is one page, whatever `limit` says. */
const ANTHROPIC: ModelForms = {
  one: toAnthropic,
  list: (models) => ({
    data: models.map(toAnthropic),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  }),
};

const GOOGLE: ModelForms = {
  one: toGoogle,
  list: (models) => ({ models: models.map(toGoogle) }),
};

const FORMS: Readonly<Partial<Record<FormatName, ModelForms>>> = Object.freeze({
  'anthropic-messages': ANTHROPIC,
  'google-generate-content': GOOGLE,
});

export function formsOf(dialect: FormatName): ModelForms {
  return FORMS[dialect] ?? OPENAI;
}

/** An unknown day of birth is the epoch there too. */
function toAnthropic({ id, name, created, limit }: ListedModel) {
  return {
    type: 'model',
    id,
    display_name: name ?? id,
    created_at: new Date(created * 1000).toISOString(),
    max_input_tokens: limit.context,
    max_tokens: limit.output ?? null,
  };
}

function toGoogle({ id, name, limit }: ListedModel) {
  return {
    name: `models/${id}`,
    version: '',
    displayName: name ?? id,
    inputTokenLimit: limit.context,
    ...(limit.output !== undefined && { outputTokenLimit: limit.output }),
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
  };
}
