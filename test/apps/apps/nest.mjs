// What `nest build` makes of a controller and a module: decorators are calls.
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

class AppController {
  async hello() {
    await pause(5);
    return { served: true };
  }
}
Get()(AppController.prototype, 'hello', Object.getOwnPropertyDescriptor(AppController.prototype, 'hello'));
Controller()(AppController);
class AppModule {
  onApplicationShutdown(signal) {
    console.log(`told ${signal}`);
  }
}
Module({ controllers: [AppController] })(AppModule);

const adapter = process.env.PLATFORM === 'fastify' ? [new FastifyAdapter()] : [];
const app = await NestFactory.create(AppModule, ...adapter, { logger: ['error'] });
app.enableShutdownHooks();
await app.listen(Number(process.env.PORT), '127.0.0.1');
