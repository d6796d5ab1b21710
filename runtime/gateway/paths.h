// Paths: which path of the gateway is which method.
#ifndef LOCKSTEP_RUNTIME_GATEWAY_PATHS_H_
#define LOCKSTEP_RUNTIME_GATEWAY_PATHS_H_

#include <optional>
#include <string_view>

namespace lockstep::runtime {

// What follows the version in `path` ("/v3/kv/range": "/kv/range"); nothing if there is none that the gateway serves.
std::optional<std::string_view> WithoutVersion(std::string_view path);

// The full name of the method ("etcdserverpb.KV.Range"), or empty.
std::string_view MethodAt(std::string_view path_without_version);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_GATEWAY_PATHS_H_
