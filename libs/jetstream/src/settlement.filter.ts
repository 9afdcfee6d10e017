import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Hands every error of a handler on to the settlement unchanged: `@UseFilters(SettlementFilter)` on a controller with `@EventPattern`.
 * Without it Nest replaces errors of other kinds than `RetryableError` and `FinalError` by "Internal server error" before the
 * settlement sees them: they are retried all the same, but the log and the dead letter cannot say why.
 */
@Catch()
export class SettlementFilter implements RpcExceptionFilter<unknown> {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
