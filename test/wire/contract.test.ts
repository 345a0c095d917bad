import { contract } from './contract.ts';
import { anthropicMessagesSample } from './samples/anthropicMessages.ts';
import { geminiGenerateSample } from './samples/geminiGenerate.ts';
import { ollamaChatSample, ollamaGenerateSample } from './samples/ollama.ts';
import { openaiChatSample } from './samples/openaiChat.ts';
import { openaiResponsesSample } from './samples/openaiResponses.ts';

contract(openaiChatSample);
contract(openaiResponsesSample);
contract(anthropicMessagesSample);
contract(geminiGenerateSample);
contract(ollamaChatSample);
contract(ollamaGenerateSample);
