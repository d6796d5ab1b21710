// The named configurations: the same bounds as spec/MC*.cfg.
#ifndef LOCKSTEP_SPEC_MODEL_CONFIGS_H_
#define LOCKSTEP_SPEC_MODEL_CONFIGS_H_

#include <string_view>
#include <vector>

#include "spec/model/bounds.h"

namespace lockstep::model {

const std::vector<Bounds>& Configs();
// Null if there is none of that name.
const Bounds* FindConfig(std::string_view name);

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_CONFIGS_H_
