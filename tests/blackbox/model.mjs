// A model endpoint in OpenAI's format that says what the test tells it to say.
import http from 'node:http';

export class Model {
  static async start(test) {
    const model = new Model();
    await new Promise((resolve) => model.server.listen(0, '127.0.0.1', resolve));
    test.after(() => { model.server.closeAllConnections(); model.server.close(); });
    return model;
  }
  constructor() {
    this.answers = [];
    this.server = http.createServer((request, response) => {
      request.resume();
      request.on('end', () => this.answer(request, response));
    });
  }
  get url() { return `http://127.0.0.1:${this.server.address().port}/v1`; }
  /** Pieces of text; after the last one the answer ends, hangs for ever, or is dropped. With a status it is refused. */
  next(pieces, { hangs = false, drops = false, status = 200 } = {}) { this.answers.push({ pieces, hangs, drops, status }); }

  answer(request, response) {
    if (request.method === 'GET') return void response.end(JSON.stringify({ data: [{ id: 'test' }] }));
    const { pieces, hangs, drops, status = 200 } = this.answers.shift() ?? { pieces: ['Nothing more.'] };
    if (status !== 200) return void response.writeHead(status, { 'Content-Type': 'application/json' }).end('{"error":{"message":"refused by the test"}}');
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const frame = (delta, finish_reason = null) => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
    for (const content of pieces) frame({ content });
    if (hangs) return;
    if (drops) return void response.write('', () => response.destroy());
    frame({}, 'stop');
    response.end('data: [DONE]\n\n');
  }
}
