import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectLanguage } from '../../src/capabilities/language.ts';

const texts: readonly (readonly [string, string])[] = [
  ['en', 'what is the weather like in London tomorrow'],
  ['en', 'please transfer one hundred dollars to my savings account'],
  ['en', 'tell me about José and the café on the corner'],
  ['de', 'wie wird das Wetter morgen in Berlin und brauche ich einen Schirm'],
  ['fr', "quel temps fera-t-il demain à Paris et est-ce qu'il va pleuvoir"],
  ['es', '¿cómo puedo cambiar la contraseña de mi cuenta?'],
  ['pt', 'não consigo entrar na minha conta, você pode me ajudar?'],
  ['it', 'vorrei sapere quando arriva il mio ordine e dove si trova'],
  ['nl', 'ik wil graag weten wanneer mijn bestelling wordt geleverd en waar het is'],
  ['pl', 'gdzie jest moja paczka i kiedy będzie dostarczona'],
  ['sv', 'var är mitt paket och när kommer det att levereras'],
  ['tr', 'siparişim nerede ve ne zaman gelecek, çok bekledim'],
  ['ru', 'где моя посылка и когда она придёт'],
  ['uk', 'де моя посилка і коли вона прийде, її ще немає'],
  ['el', 'πού είναι το δέμα μου'],
  ['ar', 'أين طلبي ومتى يصل'],
  ['he', 'איפה החבילה שלי'],
  ['hi', 'मेरा पार्सल कहाँ है'],
  ['th', 'พัสดุของฉันอยู่ที่ไหน'],
  ['ko', '내 소포는 어디에 있나요'],
  ['ja', '私の荷物はどこですか'],
  ['zh', '我的包裹在哪里'],
  ['unknown', ''],
  ['unknown', '12345 67-89 +++'],
  ['unknown', '\u0000\u0001\ufffd'],
  ['unknown', 'xkcd zzyzx qwrt'],
];

for (const [language, text] of texts) {
  test(`${JSON.stringify(text)} is ${language}`, () => {
    assert.equal(detectLanguage(text), language);
  });
}

test('a long text is as quick as a short one', () => {
  assert.equal(detectLanguage('the cat sat on the mat. '.repeat(100_000)), 'en');
});
