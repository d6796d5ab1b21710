#include "spec/model/properties.h"

namespace lockstep::model {

const std::vector<PropertyInfo>& Properties() {
  static const std::vector<PropertyInfo> all = [] {
    std::vector<PropertyInfo> properties;
    for (const auto& family :
         {PaperProperties(), StepLaws(), DurabilityProperties(), MemberProperties(), FalseProperties()}) {
      properties.insert(properties.end(), family.begin(), family.end());
    }
    return properties;
  }();
  return all;
}

const PropertyInfo* FindProperty(std::string_view name) {
  for (const PropertyInfo& property : Properties()) {
    if (property.name == name) return &property;
  }
  return nullptr;
}

void PropertySet::Add(const PropertyInfo& property) {
  (property.state != nullptr ? states : property.step != nullptr ? steps : whole_steps).push_back(&property);
}

PropertySet PropertySet::AllTrue() {
  PropertySet set;
  for (const PropertyInfo& property : Properties()) {
    if (property.is_true) set.Add(property);
  }
  return set;
}

const char* CheckState(const PropertySet& properties, const StateView& state) {
  for (const PropertyInfo* property : properties.states) {
    if (!property->state(state)) return property->name;
  }
  return nullptr;
}

const char* CheckLocalStep(const PropertySet& properties, const Local& before, const Local& after,
                           const LocalResult& result, const Message* received) {
  const StepView step{before, after, result.sent, received};
  for (const PropertyInfo* property : properties.steps) {
    if (!property->step(step)) return property->name;
  }
  return nullptr;
}

const char* CheckWholeStep(const PropertySet& properties, const StateView& before, const StateView& after,
                           size_t node) {
  for (const PropertyInfo* property : properties.whole_steps) {
    if (!property->whole_step(before, after, node)) return property->name;
  }
  return nullptr;
}

bool Holds(const Log& log, Index index, const Entry& entry) {
  if (index < log.base_index()) return true;
  if (index == log.base_index()) return log.base().position.term == entry.term;
  return index <= log.last_index() && log.At(index) == entry;
}

}  // namespace lockstep::model
