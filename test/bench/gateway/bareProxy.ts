import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** The measure of all proxies here: forwards and does nothing else. */

const upstream = Number(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 });

const server = http.createServer({ requestTimeout: 0, keepAliveTimeout: 0, noDelay: true }, (req, res) => {
  const outgoing = http.request(
    {
      host: '127.0.0.1',
      port: upstream,
      method: req.method,
      path: req.url,
      headers: req.rawHeaders,
      agent,
      setHost: false,
    },
    (answer) => {
      res.sendDate = false;
      res.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', answer.rawHeaders);
      answer.pipe(res);
    },
  );
  outgoing.on('error', () => res.destroy());
  res.on('close', () => res.writableFinished || outgoing.destroy());
  req.pipe(outgoing);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});
process.on('disconnect', () => process.exit(0));
