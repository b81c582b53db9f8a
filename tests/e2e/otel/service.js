// A service as one meets it: node's HTTP server under the OpenTelemetry SDK, which sends spans and
// metrics as protobuf and logs as JSON, to where OTEL_EXPORTER_OTLP_ENDPOINT says.
//
//   node service.js PORT        GET /orders: at once; GET /orders/N: 80 ms in a span of its own
const { trace, metrics, SpanStatusCode } = require('@opentelemetry/api');
const { logs, SeverityNumber } = require('@opentelemetry/api-logs');
const { NodeTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const { LoggerProvider, BatchLogRecordProcessor } = require('@opentelemetry/sdk-logs');
const proto = process.env.TRACES_AS === 'json' ? 'http' : 'proto';
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${proto}`);
const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-proto');
const { OTLPLogExporter } = require('@opentelemetry/exporter-logs-otlp-http');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');

const often = { scheduledDelayMillis: 200 };
const gzip = { compression: 'gzip' };
const resource = resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME });
const tracing = new NodeTracerProvider({
  resource,
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(gzip), often)],
});
const metering = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(gzip), exportIntervalMillis: 500, exportTimeoutMillis: 400,
  })],
});
const logging = new LoggerProvider({
  resource,
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(), ...often })],
});
tracing.register();
metrics.setGlobalMeterProvider(metering);
logs.setGlobalLoggerProvider(logging);
registerInstrumentations({ instrumentations: [new HttpInstrumentation()] });

const http = require('http');
const tracer = trace.getTracer('orders');
const meter = metrics.getMeter('orders');
const logger = logs.getLogger('orders');
const placed = meter.createCounter('orders.placed');
const shelf = meter.createObservableGauge('orders.on_shelf');
const size = meter.createHistogram('orders.size', { unit: '{item}' });
shelf.addCallback((result) => result.observe(42, { kind: 'book' }));

function query(done) {
  tracer.startActiveSpan('SELECT orders', (span) => {
    setTimeout(() => {
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'no such order' });
      span.end();
      done();
    }, 80);
  });
}

http.createServer((request, response) => {
  const one = request.url.startsWith('/orders/');
  placed.add(2, { kind: 'book' });
  size.record(3);
  logger.emit({ severityNumber: one ? SeverityNumber.WARN : SeverityNumber.INFO, body: request.url });
  const answer = () => response.end('ok\n');
  if (one) query(answer);
  else answer();
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));

process.on('SIGTERM', async () => {
  await Promise.allSettled([tracing, metering, logging].map((one) => one.shutdown()));
  process.exit(0);
});
