#include "spec/model/configs.h"

namespace lockstep::model {
const std::vector<Bounds>& Configs() {
  static const std::vector<Bounds> configs = {};
  return configs;
}
const Bounds* FindConfig(std::string_view name) {
  for (const Bounds& bounds : Configs()) {
    if (bounds.name == name) return &bounds;
  }
  return nullptr;
}
}  // namespace lockstep::model
