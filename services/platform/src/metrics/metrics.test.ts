import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./index.ts";

test("counters, gauges and histograms are rendered with their labels", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const served = metrics.counter({ name: "sluice_served_total", help: "Served.", labels: ["model"] });
  served.with({ model: "a" }).add();
  served.with({ model: "a" }).add(2);
  served.with({ model: 'b"' }).add();
  metrics.gauge({ name: "sluice_open", help: "Open." }).with({}).set(7);
  let fullness = 0.25;
  metrics.readGauge({ name: "sluice_fullness", help: "Fullness.", labels: ["box"] }, { box: "x" }, () => fullness);
  metrics
    .histogram({ name: "sluice_wait_seconds", help: "Wait.", buckets: [1, 2] })
    .with({})
    .observe(1.5);
  const first = await metrics.render();
  assert.match(first.contentType, /text\/plain/);
  assert.match(first.body, /sluice_served_total\{model="a"\} 3/);
  assert.match(first.body, /sluice_served_total\{model="b\\""\} 1/);
  assert.match(first.body, /sluice_open 7/);
  assert.match(first.body, /sluice_fullness\{box="x"\} 0.25/);
  assert.match(first.body, /sluice_wait_seconds_bucket\{le="2"\} 1/);
  fullness = 0.5;
  const second = await metrics.render();
  assert.match(second.body, /sluice_fullness\{box="x"\} 0.5/);
  assert.match(second.body, /sluice_served_total\{model="a"\} 3/);
});

test("the same name gives the same metric, another shape is refused", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const options = { name: "sluice_x_total", help: "X.", labels: ["a"] } as const;
  metrics.counter(options).with({ a: "1" }).add();
  metrics.counter(options).with({ a: "1" }).add();
  assert.match((await metrics.render()).body, /sluice_x_total\{a="1"\} 2/);
  assert.throws(() => metrics.gauge(options), /is a counter\(a\), not a gauge\(a\)/);
  assert.throws(() => metrics.counter({ name: "sluice_x_total", help: "X." }), /not a counter\(\)/);
});

test("series without end are counted together", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const family = metrics.counter({ name: "sluice_many_total", help: "Many.", labels: ["id"] });
  for (let i = 0; i < 6_000; i++) family.with({ id: String(i) }).add();
  assert.match((await metrics.render()).body, /sluice_many_total\{id="other"\} 1000/);
});

test("process metrics are there by default", async () => {
  assert.match((await createMetrics().render()).body, /process_cpu_seconds_total/);
});
