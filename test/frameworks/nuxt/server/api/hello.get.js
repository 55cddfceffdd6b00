export default defineEventHandler(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return `served by ${process.pid}`;
});
