import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '@isthmus/kernel';
import { ApiMetrics } from '@isthmus/platform';
import { type ArgumentsHost, Catch, HttpException, Inject } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { meter } from './metering.js';

/** Leaves the errors of resolvers to describeError; Nest would log each, expected or not. */
@Catch()
export class ExceptionsFilter extends BaseExceptionFilter {
  constructor(@Inject(ApiMetrics) private readonly metrics: ApiMetrics) {
    super();
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    if (host.getType<string>() === 'graphql') throw exception;
    const refusal = refusalOf(exception);
    if (refusal) {
      meter(this.metrics, 'none', [refusal.code]);
      answer(host.switchToHttp().getResponse<ServerResponse>(), refusal);
    } else super.catch(exception, host);
  }
}

interface Refusal {
  readonly status: number;
  readonly code: ErrorCode | 'BAD_REQUEST';
  readonly message: string;
}

/** What the reader of bodies says; Nest hands it on as the cause of an exception of its own. */
function refusalOf(exception: unknown): Refusal | undefined {
  if (!(exception instanceof HttpException) || !(exception.cause instanceof Error))
    return undefined;
  const status = exception.getStatus();
  if (status >= 500) return undefined;
  if (status === 413) {
    const { limit } = exception.cause as Error & { readonly limit?: number };
    const message = `the request has more than ${limit} bytes; send less, such as a bundle folder by folder`;
    return { status, code: 'MESSAGE_TOO_LARGE', message };
  }
  return { status, code: 'BAD_REQUEST', message: 'the request cannot be read; send JSON in UTF-8' };
}

/** As GraphQL answers, for clients look for nothing else. */
function answer(response: ServerResponse, { status, code, message }: Refusal): void {
  if (response.headersSent) return;
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(body);
}
