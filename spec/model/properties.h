// The properties of raft.tla, by the same names, on states and steps of the model.
//
// Some that are often believed, and false, are here as well (kFalse): a search shows a counterexample of each, so that
// nobody adds them.
#ifndef LOCKSTEP_SPEC_MODEL_PROPERTIES_H_
#define LOCKSTEP_SPEC_MODEL_PROPERTIES_H_

#include <string_view>
#include <vector>

#include "spec/model/bounds.h"
#include "spec/model/history.h"
#include "spec/model/local.h"

namespace lockstep::model {

// One state of the whole.
struct StateView {
  const Bounds* bounds = nullptr;
  std::vector<const Local*> locals;  // Of node 1, 2, ...
  std::vector<const Message*> messages;
  const History* history = nullptr;

  const Local& at(NodeId id) const { return *locals[id.number - 1]; }
};

// One step of one node: all that can be judged without the others.
struct StepView {
  const Local& before;
  const Local& after;
  const std::vector<Message>& sent;
  const Message* received;  // Null unless the step received it.
};

enum class Form : uint8_t { kInv, kProp };

struct PropertyInfo {
  const char* name;
  Form form;
  bool is_true;
  // Exactly one of these.
  bool (*state)(const StateView&) = nullptr;
  bool (*step)(const StepView&) = nullptr;
  bool (*whole_step)(const StateView& before, const StateView& after, size_t node) = nullptr;
};

const std::vector<PropertyInfo>& Properties();
const PropertyInfo* FindProperty(std::string_view name);

// Which properties a search checks.
struct PropertySet {
  std::vector<const PropertyInfo*> states;
  std::vector<const PropertyInfo*> steps;
  std::vector<const PropertyInfo*> whole_steps;

  void Add(const PropertyInfo& property);
  static PropertySet AllTrue();
};

// The name of the first property that does not hold, or null.
const char* CheckState(const PropertySet& properties, const StateView& state);
const char* CheckLocalStep(const PropertySet& properties, const Local& before, const Local& after,
                           const LocalResult& result, const Message* received);
const char* CheckWholeStep(const PropertySet& properties, const StateView& before, const StateView& after, size_t node);

// Whether `log` has `entry` at `index`; what is compacted away counts as there.
bool Holds(const Log& log, Index index, const Entry& entry);

// The tables that Properties() is made of.
std::vector<PropertyInfo> PaperProperties();       // paper_properties.cc
std::vector<PropertyInfo> DurabilityProperties();  // durability_properties.cc
std::vector<PropertyInfo> MemberProperties();      // member_properties.cc
std::vector<PropertyInfo> StepLaws();              // step_laws.cc
std::vector<PropertyInfo> FalseProperties();       // paper_properties.cc

}  // namespace lockstep::model

#endif  // LOCKSTEP_SPEC_MODEL_PROPERTIES_H_
