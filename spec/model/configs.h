// The named configurations: the bounds of spec/MC*.cfg, read from those very files, which are built in.
//
// So TLC and the search here cannot mean different bounds by one name.
#ifndef LOCKSTEP_SPEC_MODEL_CONFIGS_H_
#define LOCKSTEP_SPEC_MODEL_CONFIGS_H_

#include <string>
#include <string_view>
#include <vector>

#include "spec/model/bounds.h"

namespace lockstep::model {

// By name: "Election" is spec/MCElection.cfg.
const std::vector<Bounds>& Configs();
// Null if there is none of that name.
const Bounds* FindConfig(std::string_view name);

// The constants of one .cfg file. Answers what is wrong with it, or nothing.
std::string ParseConfig(std::string_view text, Bounds& bounds);

// A .cfg file that is built in. (Generated.)
struct ConfigText {
  const char* name;
  const char* text;
};
const std::vector<ConfigText>& ConfigTexts();

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_CONFIGS_H_
