const root = import.meta.dirname;

/** @type {import('next').NextConfig} */
export default {
  turbopack: { root },
  outputFileTracingRoot: root,
  ...(process.env.STANDALONE ? { output: 'standalone', distDir: '.next-standalone' } : {}),
};
