// What a server's connections have in common: what they serve, their limits, their counters.
#ifndef LOCKSTEP_RUNTIME_HTTP2_HTTP_OPTIONS_H_
#define LOCKSTEP_RUNTIME_HTTP2_HTTP_OPTIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "runtime/clock.h"
#include "runtime/http2/http_pages.h"
#include "runtime/rpc/rpc.h"

namespace lockstep::runtime {

struct HttpOptions {
  size_t message_bytes_max = 2 << 20;  // One request. [gRPC: RESOURCE_EXHAUSTED beyond]
  uint32_t calls_max = 1 << 16;        // Open at once on one connection.
  // Handed to a connection and not sent: beyond it what is sent waits in the call, where its service sees it.
  size_t unsent_bytes_max = 256 << 10;
  size_t head_bytes_max = 16 << 10;  // HTTP/1.1: request line and headers.
  size_t body_bytes_max = 4 << 20;   // Of a request for a page.
  int64_t keepalive_interval_micros = 7'200'000'000;
  int64_t keepalive_timeout_micros = 20'000'000;
};

struct HttpCounters {
  uint64_t connections = 0;  // Open now.
  uint64_t received_bytes = 0;
  uint64_t sent_bytes = 0;
  struct Method {
    uint64_t begun = 0;
    uint64_t received_messages = 0;
    uint64_t sent_messages = 0;
    std::array<uint64_t, 17> ended{};  // By code.
  };
  std::map<std::string, Method, std::less<>> methods;
};

// Everything outlives the connections.
struct HttpService {
  const Clock& clock;
  Scheduler& scheduler;
  const RpcMethods& methods;
  const HttpPages pages;  // May be null: none.
  const HttpOptions options;
  HttpCounters counters;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_HTTP2_HTTP_OPTIONS_H_
