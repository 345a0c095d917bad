import { wordCount } from './tokens.ts';

/** Characters beyond which a prompt is taken to instruct. */
const LONGEST = 300;

/** Is a system prompt free of any instruction ("You are a helpful assistant.")? Such a prompt tells no task. */
export function isGenericSystem(system: string): boolean {
  if (system.length > LONGEST) return false;
  const text = system.trim().toLowerCase().replace(/\s+/gu, ' ');
  if (text === '') return true;
  if (wordCount(text) > 16) return false;
  return text
    .split(/(?<=[.!])\s+/u)
    .every((sentence) => genericSentences.some((pattern) => pattern.test(sentence)));
}

const who = '(?:ai |chat |virtual |digital |language )*(?:assistant|chatbot|bot|ai|model|helper|gpt)';
const praise =
  '(?:very|helpful|friendly|knowledgeable|polite|smart|useful|honest|harmless|concise|capable|intelligent|large|professional|powerful|reliable|general|purpose|general-purpose)';
const genericSentences = [
  new RegExp(
    `^(?:you are|you're|act as) (?:an? |the )?(?:${praise},? (?:and )?){0,4}${who}(?: (?:made|built|trained|created) by [a-z ]+)?[.!]?$`,
    'u',
  ),
  /^(?:please )?(?:be|stay|answer|reply|respond) (?:very )?(?:helpful|concise|concisely|brief|briefly|friendly|honest|polite|shortly)(?: and [a-z]+)?[.!]?$/u,
  /^(?:your name is|you are called) [a-z]+[.!]?$/u,
];
