# prony: the few commands a person types. Meson and ninja build; tools/ holds each step.
# Every target works as root and as a user with sudo, from any state, any number of times.

.NOTPARALLEL: # two targets at once would build the same folder
FUZZ_SECONDS ?= 600
.PHONY: all demo demo-full zoo test check fuzz bench lint fmt install clean help
.DEFAULT_GOAL := all

all:            ## build build/prony (installs the libraries it needs, if any is missing)
	@tools/setup build
	@tools/build build -- prony examples/jobs/jobs

demo: all       ## load the reference service by examples/plans/jobs.yaml: about a minute
	@tools/demo

demo-full:      ## the service on PostgreSQL, Redis and Memcached, with a miss to explain: a minute
	@tools/setup full
	@tools/build build -- prony examples/jobs/jobs
	@tools/demo --full

test:           ## every test, then unit, simulation and fuzz regressions under ASan and UBSan
	@tools/setup test
	@tools/run-tests

check:          ## the long checks: 20,000 seeds, TSan, sanitised end to end, fuzzers for 60 s each
	@tools/setup test
	@tools/run-tests --fuzz 60 build:deep build-tsan:unit,simulation,e2e build-asan:golden,e2e

zoo:            ## planted faults and healthy services: does `why` name the right place? 25 minutes
	@tools/setup test
	@tools/build build -- prony examples/jobs/jobs examples/jobs/libslowflush.so
	@tests/zoo/zoo.py --sizes --healthy 20 --least 30

fuzz:           ## each fuzzer for ten minutes, or for FUZZ_SECONDS; what it learned is kept in build-fuzz
	@tools/setup test
	@tools/run-tests --fuzz $(FUZZ_SECONDS)

bench:          ## compare with wrk and others on this machine; writes bench/RESULTS.md
	@tools/setup bench
	@tools/build build -- prony examples/jobs/jobs
	@bench/run

lint:           ## formatting, clang-tidy, cppcheck, layers, house rules
	@tools/setup test
	@tools/lint

fmt:            ## format the C sources in place
	@tools/setup test
	@tools/format --write

install: all    ## install to PREFIX (default /usr/local); DESTDIR is honoured
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" tools/install

clean:          ## remove what was built (never runs or results)
	@tools/build --clean

help:           ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s%s\n", $$1, $$2 }'
