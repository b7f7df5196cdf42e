/** The official SDK, unmodified. */
import Anthropic from '@anthropic-ai/sdk';

Object.assign(globalThis, { Anthropic });
