/**
 * The least a JSON proxy in Node can do, as a process of its own: fastify parses the request, it is printed again for undici, and
 * a plain answer is parsed and printed again. Streams are passed on as bytes.
 */
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { Pool } from "undici";

const CONNECTIONS = 64;
const PATH = "/v1/chat/completions";

const upstream = new Pool(process.argv[2] ?? "", { connections: CONNECTIONS, pipelining: 1, allowH2: false });
const server = fastify();

server.post(PATH, async (request: FastifyRequest, reply: FastifyReply) => {
  const body = request.body as { readonly stream?: boolean };
  const answer = await upstream.request({
    method: "POST",
    path: PATH,
    headers: { authorization: request.headers.authorization ?? "", "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  reply.code(answer.statusCode);
  if (body.stream !== true) return reply.send(await answer.body.json());
  return reply.header("content-type", "text/event-stream").send(answer.body);
});

const url = await server.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${JSON.stringify({ event: "ready", url })}\n`);
