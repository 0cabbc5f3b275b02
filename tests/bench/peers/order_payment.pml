/* SPDX-License-Identifier: Apache-2.0 */
/* Order / payment topology with an at-least-once, reordering bus.
 *
 *   K       orders (order k is placed once)                               (2..8)
 *   DUP     total number of duplicates the bus may make
 *   DROP    total number of drop-and-redeliver steps of the bus
 *   CRASH   total number of crashes of the payment service
 *   IDEM    0: naive consumer: charge on every delivery                   (double charge)
 *           1: idempotent: charge and flag in one step, may crash before the emit and before the ack;
 *              a redelivered message whose flag is set emits again        (correct)
 *           2: idempotent, but charge and flag are two steps with a possible crash between (double charge)
 *
 * The bus is an unordered bag: a channel kept sorted (`!!`), from which any element can be taken
 * (`??` with a constant; `??` with a variable would take the first one only).
 */
#ifndef K
#define K 3
#endif
#ifndef DUP
#define DUP 1
#endif
#ifndef DROP
#define DROP 1
#endif
#ifndef CRASH
#define CRASH 1
#endif
#ifndef IDEM
#define IDEM 1
#endif

chan placed    = [K + DUP] of { byte };          /* bag OrderPlaced(k)      */
chan completed = [K + DUP + CRASH] of { byte };  /* bag PaymentCompleted(k) */
chan dropped   = [DROP + 1] of { byte };         /* lost, to be redelivered */

byte charged[K];
bit  processed[K];
bit  paid[K];
byte npaid = 0;
byte dups = DUP, drops = DROP, crashes = CRASH;

/* one branch for each k: element k of the bag C, if it is there, into m */
#define T(C, i)     :: (i < K) && C??[i] -> C??i; m = i
#define TAKE(C)     if T(C,0) T(C,1) T(C,2) T(C,3) T(C,4) T(C,5) T(C,6) T(C,7) fi
#define P(C, i)     :: (i < K) && C??[i] -> m = i
#define PEEK(C)     if P(C,0) P(C,1) P(C,2) P(C,3) P(C,4) P(C,5) P(C,6) P(C,7) fi

proctype OrderService() {
    byte k = 0, m = 0;
end:
    do
    :: atomic { k < K -> placed!!k; k++ }
    :: atomic { nempty(completed) -> TAKE(completed); if :: !paid[m] -> paid[m] = 1; npaid++ :: else fi; m = 0 }
    od
}

proctype PaymentService() {
    byte m = 0;
end:
    do
    :: atomic { nempty(placed) -> TAKE(placed) }     /* lease of one message */
#if IDEM == 0
       atomic { charged[m]++; assert(charged[m] <= 1) }
#elif IDEM == 1
       atomic { if :: processed[m] :: else -> charged[m]++; processed[m] = 1; assert(charged[m] <= 1) fi }
#else
       if
       :: processed[m]
       :: atomic { !processed[m] -> charged[m]++; assert(charged[m] <= 1) }
          if
          :: atomic { crashes > 0 -> crashes--; placed!!m; m = 0; goto end }
          :: processed[m] = 1
          fi
       fi
#endif
#if IDEM > 0
       if
       :: atomic { crashes > 0 -> crashes--; placed!!m; m = 0; goto end }   /* crash before the emit */
       :: completed!!m
       fi;
       if
       :: atomic { crashes > 0 -> crashes--; placed!!m; m = 0; goto end }   /* crash before the ack */
       :: m = 0                                                             /* ack */
       fi
#else
       atomic { completed!!m; m = 0 }
#endif
    od
}

proctype Bus() {                                    /* the adversary */
    byte m = 0;
end:
    do
    :: atomic { dups > 0 && nempty(placed) -> dups--; PEEK(placed); placed!!m; m = 0 }
    :: atomic { drops > 0 && nempty(placed) -> drops--; TAKE(placed); dropped!!m; m = 0 }
    :: atomic { nempty(dropped) && nfull(placed) -> TAKE(dropped); placed!!m; m = 0 }
    od
}

init { atomic { run OrderService(); run PaymentService(); run Bus() } }

ltl allpaid { <> (npaid == K) }
