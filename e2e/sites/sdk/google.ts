/** The official SDK, unmodified. */
import { ApiError, GoogleGenAI } from '@google/genai';

Object.assign(globalThis, { google: { ApiError, GoogleGenAI } });
