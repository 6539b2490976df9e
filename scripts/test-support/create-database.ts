import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** An empty database of its own on the run's Postgres. @returns its URL. */
export const createDatabase = async (adminUrl: string): Promise<string> => {
  const name = `hodei_${randomUUID().replaceAll('-', '')}`;
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = new URL(adminUrl);
  url.pathname = name;
  return url.href;
};
