// Exits with 0 where this container's server answers the path with a success. usage: healthcheck.mjs /healthz|/readyz
const [, port = '7433'] = /:(\d+)$/.exec(process.env.HODEI_LISTEN ?? '') ?? [];
const { status } = await fetch(`http://127.0.0.1:${port}${process.argv[2] ?? '/healthz'}`).catch(() => ({ status: 0 }));
process.exitCode = status === 200 ? 0 : 1;
