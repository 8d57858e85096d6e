/** Serves one file of random bytes over loopback, from memory, to both sides of the bench alike. Prints `{port, sha256}`. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const sizeBytes = Number(process.argv[2]);
const piece = randomBytes(1 << 20);
const pieces = Math.ceil(sizeBytes / piece.length);
const hash = createHash('sha256');
const pieceAt = (index: number): Buffer => piece.subarray(0, Math.min(piece.length, sizeBytes - index * piece.length));
for (let index = 0; index < pieces; index++) hash.update(pieceAt(index));
const sha256 = hash.digest('hex');

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-length': sizeBytes, 'content-type': 'application/octet-stream' });
  let index = 0;
  const more = (): void => {
    while (index < pieces) {
      if (!response.write(pieceAt(index++))) return void response.once('drain', more);
    }
    response.end();
  };
  more();
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  process.stdout.write(`${JSON.stringify({ port: address.port, sha256 })}\n`);
});
