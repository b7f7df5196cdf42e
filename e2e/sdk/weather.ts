/** The tool that the upstream's `tools` scenario calls, in the words of each dialect. */
const parameters = {
  type: 'object' as const,
  properties: {
    city: { type: 'string' },
    unit: { type: 'string', enum: ['C', 'F'] },
  },
  required: ['city'],
};
const name = 'get_weather';
const description = 'The weather of a city.';

export const WEATHER_TOOL = {
  type: 'function' as const,
  function: { name, description, parameters },
};
export const RESPONSES_WEATHER_TOOL = {
  type: 'function' as const,
  name,
  description,
  parameters,
  strict: false,
};
export const ANTHROPIC_WEATHER_TOOL = { name, description, input_schema: parameters };
export const GOOGLE_WEATHER_TOOL = {
  functionDeclarations: [{ name, description, parametersJsonSchema: parameters }],
};

export const WEATHER_INPUT = { city: 'Porto', unit: 'C' };
export const HELLO_TEXT = 'Hello from the loopback upstream 🌍.';
