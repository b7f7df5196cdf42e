/** LangChain with its OpenAI models. */
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';

Object.assign(globalThis, { langchain: { ChatOpenAI, HumanMessage, ToolMessage } });
