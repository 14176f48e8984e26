/** What a feature is recognised by in a provider's wire, whatever the wire looks like. */
export const MARKS = {
  text: "mark-of-the-text",
  tool: "mark_of_the_tool",
  secondTool: "mark_of_the_second_tool",
  result: "mark-of-the-result",
  property: "mark_of_the_property",
  image: Buffer.from("\x89PNG\r\n\x1a\nmark of the image").toString("base64"),
  audio: Buffer.from("RIFFmark of the audio").toString("base64"),
  file: Buffer.from("%PDF-1.4 mark of the file").toString("base64"),
  cache: "mark-of-the-cache",
} as const;

/** Features of a chat that a request can ask for, in the order of the tables. */
export const FEATURES = [
  "text",
  "stream",
  "tools",
  "parallel tools",
  "tool results",
  "schema",
  "reasoning",
  "image",
  "audio",
  "file",
  "cache",
  "logprobs",
] as const;

export type Feature = (typeof FEATURES)[number];

/** One request of a dialect as its clients write it. */
export type Body = Readonly<Record<string, unknown>>;

/** The requests of one dialect, by feature; what is missing the dialect has no words for. */
export type DialectBodies = Readonly<Partial<Record<Feature, Body>>>;

const parameters = {
  type: "object",
  properties: { x: { type: "string" } },
  required: ["x"],
  additionalProperties: false,
};
const schema = {
  type: "object",
  properties: { [MARKS.property]: { type: "string" } },
  required: [MARKS.property],
  additionalProperties: false,
};
const longText = `${MARKS.text} ${"A long text that is worth to be kept in a cache. ".repeat(200)}`;

const chatTool = (name: string) => ({ type: "function", function: { name, description: "A tool.", parameters } });
const user = { role: "user", content: MARKS.text };
const chatCall = (id: string, name: string) => ({
  ...{ id, type: "function", function: { name, arguments: '{"x":"1"}' } },
});
const chatResult = (id: string) => ({ role: "tool", tool_call_id: id, content: `${MARKS.result} ${id}` });

/** `/v1/chat/completions` */
export const CHAT: DialectBodies = {
  text: { messages: [user] },
  stream: { messages: [user], stream: true },
  tools: { messages: [user], tools: [chatTool(MARKS.tool)] },
  "parallel tools": {
    messages: [
      user,
      {
        role: "assistant",
        content: null,
        tool_calls: [chatCall("call_1", MARKS.tool), chatCall("call_2", MARKS.secondTool)],
      },
      chatResult("call_1"),
      chatResult("call_2"),
    ],
    tools: [chatTool(MARKS.tool), chatTool(MARKS.secondTool)],
  },
  "tool results": {
    messages: [
      user,
      { role: "assistant", content: null, tool_calls: [chatCall("call_1", MARKS.tool)] },
      chatResult("call_1"),
    ],
    tools: [chatTool(MARKS.tool)],
  },
  schema: {
    messages: [user],
    response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
  },
  reasoning: { messages: [user], reasoning_effort: "low" },
  image: {
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: MARKS.text },
          { type: "image_url", image_url: { url: `data:image/png;base64,${MARKS.image}` } },
        ],
      },
    ],
  },
  audio: {
    messages: [{ role: "user", content: [{ type: "input_audio", input_audio: { data: MARKS.audio, format: "wav" } }] }],
  },
  file: {
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: MARKS.text },
          { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${MARKS.file}` } },
        ],
      },
    ],
  },
  cache: {
    messages: [{ role: "user", content: [{ type: "text", text: longText, cache_control: { type: "ephemeral" } }] }],
  },
  logprobs: { messages: [user], logprobs: true, top_logprobs: 2 },
};

/** `/v1/completions` */
export const COMPLETIONS: DialectBodies = {
  text: { prompt: MARKS.text },
  stream: { prompt: MARKS.text, stream: true },
  logprobs: { prompt: MARKS.text, logprobs: 2 },
};

const item = (...content: readonly object[]) => ({ type: "message", role: "user", content });
const inputText = { type: "input_text", text: MARKS.text };
const responseTool = (name: string) => ({ type: "function", name, description: "A tool.", parameters, strict: true });
const functionCall = (id: string, name: string) => ({
  type: "function_call",
  call_id: id,
  name,
  arguments: '{"x":"1"}',
});
const functionOutput = (id: string) => ({ type: "function_call_output", call_id: id, output: `${MARKS.result} ${id}` });

/** `/v1/responses` */
export const RESPONSES: DialectBodies = {
  text: { input: MARKS.text },
  stream: { input: MARKS.text, stream: true },
  tools: { input: MARKS.text, tools: [responseTool(MARKS.tool)] },
  "parallel tools": {
    input: [
      item(inputText),
      functionCall("call_1", MARKS.tool),
      functionCall("call_2", MARKS.secondTool),
      functionOutput("call_1"),
      functionOutput("call_2"),
    ],
    tools: [responseTool(MARKS.tool), responseTool(MARKS.secondTool)],
  },
  "tool results": {
    input: [item(inputText), functionCall("call_1", MARKS.tool), functionOutput("call_1")],
    tools: [responseTool(MARKS.tool)],
  },
  schema: { input: MARKS.text, text: { format: { type: "json_schema", name: "answer", strict: true, schema } } },
  reasoning: { input: MARKS.text, reasoning: { effort: "low" } },
  image: {
    input: [
      item(inputText, { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${MARKS.image}` }),
    ],
  },
  file: {
    input: [
      item(inputText, {
        type: "input_file",
        filename: "a.pdf",
        file_data: `data:application/pdf;base64,${MARKS.file}`,
      }),
    ],
  },
  logprobs: { input: MARKS.text, include: ["message.output_text.logprobs"], top_logprobs: 2 },
};

const claudeTool = (name: string) => ({ name, description: "A tool.", input_schema: parameters });
const toolUse = (id: string, name: string) => ({ type: "tool_use", id, name, input: { x: "1" } });
const toolResult = (id: string) => ({ type: "tool_result", tool_use_id: id, content: `${MARKS.result} ${id}` });
const claude = (content: unknown, more: Body = {}): Body => ({
  max_tokens: 4_000,
  messages: [{ role: "user", content }],
  ...more,
});
const turns = (calls: readonly object[], results: readonly object[]) => [
  user,
  { role: "assistant", content: calls },
  { role: "user", content: results },
];

/** `/v1/messages` */
export const MESSAGES: DialectBodies = {
  text: claude(MARKS.text),
  stream: claude(MARKS.text, { stream: true }),
  tools: claude(MARKS.text, { tools: [claudeTool(MARKS.tool)] }),
  "parallel tools": {
    max_tokens: 4_000,
    messages: turns(
      [toolUse("toolu_1", MARKS.tool), toolUse("toolu_2", MARKS.secondTool)],
      [toolResult("toolu_1"), toolResult("toolu_2")],
    ),
    tools: [claudeTool(MARKS.tool), claudeTool(MARKS.secondTool)],
  },
  "tool results": {
    max_tokens: 4_000,
    messages: turns([toolUse("toolu_1", MARKS.tool)], [toolResult("toolu_1")]),
    tools: [claudeTool(MARKS.tool)],
  },
  schema: claude(MARKS.text, { output_config: { format: { type: "json_schema", schema } } }),
  reasoning: claude(MARKS.text, { thinking: { type: "enabled", budget_tokens: 1_024 } }),
  image: claude([
    { type: "text", text: MARKS.text },
    { type: "image", source: { type: "base64", media_type: "image/png", data: MARKS.image } },
  ]),
  file: claude([
    { type: "text", text: MARKS.text },
    { type: "document", source: { type: "base64", media_type: "application/pdf", data: MARKS.file } },
  ]),
  cache: claude([{ type: "text", text: longText, cache_control: { type: "ephemeral" } }]),
};

const said = (...parts: readonly object[]) => ({ role: "user", parts });
const inline = (mimeType: string, data: string) => ({ inlineData: { mimeType, data } });
const geminiTool = (...names: readonly string[]) => [
  { functionDeclarations: names.map((name) => ({ name, description: "A tool.", parametersJsonSchema: parameters })) },
];
const call = (id: string, name: string) => ({ functionCall: { id, name, args: { x: "1" } } });
const response = (id: string, name: string) => ({
  functionResponse: { id, name, response: { output: `${MARKS.result} ${id}` } },
});

/** Gemini's `:generateContent` */
export const GEMINI: DialectBodies = {
  text: { contents: [said({ text: MARKS.text })] },
  stream: { contents: [said({ text: MARKS.text })] },
  tools: { contents: [said({ text: MARKS.text })], tools: geminiTool(MARKS.tool) },
  "parallel tools": {
    contents: [
      said({ text: MARKS.text }),
      { role: "model", parts: [call("1", MARKS.tool), call("2", MARKS.secondTool)] },
      said(response("1", MARKS.tool), response("2", MARKS.secondTool)),
    ],
    tools: geminiTool(MARKS.tool, MARKS.secondTool),
  },
  "tool results": {
    contents: [
      said({ text: MARKS.text }),
      { role: "model", parts: [call("1", MARKS.tool)] },
      said(response("1", MARKS.tool)),
    ],
    tools: geminiTool(MARKS.tool),
  },
  schema: {
    contents: [said({ text: MARKS.text })],
    generationConfig: { responseMimeType: "application/json", responseJsonSchema: schema },
  },
  reasoning: {
    contents: [said({ text: MARKS.text })],
    generationConfig: { thinkingConfig: { thinkingBudget: 1_024 } },
  },
  image: { contents: [said({ text: MARKS.text }, inline("image/png", MARKS.image))] },
  audio: { contents: [said({ text: MARKS.text }, inline("audio/wav", MARKS.audio))] },
  file: { contents: [said({ text: MARKS.text }, inline("application/pdf", MARKS.file))] },
  logprobs: { contents: [said({ text: MARKS.text })], generationConfig: { responseLogprobs: true, logprobs: 2 } },
};
