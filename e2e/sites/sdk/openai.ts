/** The official SDK, unmodified, as a script that a page serves itself. */
import OpenAI from 'openai';

Object.assign(globalThis, { OpenAI });
