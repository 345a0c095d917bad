// Answers every DNS question with "no such name" and writes the name down: in a network namespace of its own this shows
// what a program tries to reach. Usage: node nameServer.mjs FILE
import { createSocket } from 'node:dgram';
import { appendFileSync, writeFileSync } from 'node:fs';

const file = process.argv[2];
const socket = createSocket('udp4');
socket.on('message', (question, from) => {
  const labels = [];
  for (let at = 12; at < question.length && question[at] !== 0; at += question[at] + 1) {
    labels.push(question.toString('latin1', at + 1, at + 1 + question[at]));
  }
  appendFileSync(file, `${labels.join('.')}\n`);
  const answer = Buffer.from(question);
  answer.writeUInt16BE(0x8183, 2); // A response, recursion available, NXDOMAIN (RFC 1035, 4.1.1).
  socket.send(answer, from.port, from.address);
});
socket.bind(53, '127.0.0.1', () => writeFileSync(file, ''));
