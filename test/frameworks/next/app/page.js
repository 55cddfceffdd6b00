export const dynamic = 'force-dynamic';

export default async function Page() {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return `served by ${process.pid}`;
}
