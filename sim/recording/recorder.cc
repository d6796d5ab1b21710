#include "sim/recording/recorder.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/state.h"
#include "sim/recording/scenario_record.h"
#include "traces/convert.h"
#include "traces/format.h"

namespace lockstep::sim {
namespace {

namespace proto = traces::proto;
using traces::ToProto;

void ToProto(const State& from, proto::NodeState* to) {
  to->set_role(ToProto(from.role));
  to->set_term(from.current_term);
  ToProto(from.voted_for, to->mutable_voted_for());
  ToProto(from.leader, to->mutable_leader());
  ToProto(from.log.base(), to->mutable_base());
  ToProto(from.last_log(), to->mutable_last_log());
  to->set_commit_index(from.commit_index);
  to->set_applied_index(from.applied_index);
  to->set_durable_index(from.storage.durable_index);
  ToProto(from.snapshot.last_included, to->mutable_snapshot());
  ToProto(from.log.configuration(), to->mutable_configuration());
  to->set_halted(from.halted);
}

template <typename Target>
void PutEffects(const EffectSink& effects, Target* to) {
  for (const Effect& effect : effects) ToProto(effect, to->add_effects());
}

// Sets nothing for "no node": an absent field says so.
template <typename Target>
void PutNode(NodeId node, Target* to) {
  if (node != kNoNode) ToProto(node, to->mutable_node());
}

}  // namespace

Recorder::Recorder(Sink sink, const Choices* choices) : sink_(std::move(sink)), choices_(choices) {}

void Recorder::Begin(const Scenario& scenario, const char* program_version, uint64_t build) {
  record_.Clear();
  proto::Header* header = record_.mutable_header();
  header->set_program_version(program_version);
  header->set_build(build);
  header->set_seed(scenario.seed);
  sim::ToProto(scenario, header->mutable_scenario());
  Emit();
}

void Recorder::End(const RunResult& result) {
  EmitChoices(1);
  proto::End* end = record_.mutable_end();
  end->set_steps(result.steps);
  end->set_simulated_micros(result.simulated_micros);
  end->set_draws(result.draws);
  end->set_digest_high(result.digest.high);
  end->set_digest_low(result.digest.low);
  if (result.violation) {
    proto::Violation* violation = end->mutable_violation();
    violation->set_property(result.violation->property);
    violation->set_step(result.violation->step);
    violation->set_time_micros(result.violation->time_micros);
    PutNode(result.violation->node, violation);
    violation->set_evidence(result.violation->evidence);
  }
  Emit();
}

void Recorder::OnStart(const StartEvent& event) {
  proto::Start* start = record_.mutable_start();
  start->set_time_micros(event.time_micros);
  PutNode(event.node, start);
  start->set_durable_term(event.durable.term);
  ToProto(event.durable.voted_for, start->mutable_durable_vote());
  ToProto(LogPosition{event.durable.log.last_index(), event.durable.log.last_term()}, start->mutable_durable_log());
  PutEffects(event.effects, start);
  ToProto(event.state, start->mutable_state());
  Emit();
}

void Recorder::OnCrash(const CrashEvent& event) {
  proto::Crash* crash = record_.mutable_crash();
  crash->set_time_micros(event.time_micros);
  PutNode(event.node, crash);
  Emit();
}

void Recorder::OnStep(const StepEvent& event) {
  EmitChoices(traces::kChoicesPerRecord);
  proto::Step* step = record_.mutable_step();
  step->set_time_micros(event.time_micros);
  PutNode(event.node, step);
  step->set_step(event.step);
  if (std::holds_alternative<input::Receive>(event.input.event)) {
    step->set_message_id(std::exchange(arriving_message_id_, 0));
  }
  ToProto(event.input, step->mutable_input());
  PutEffects(event.effects, step);
  step->set_effects_done(static_cast<uint32_t>(event.effects_done));
  ToProto(event.state, step->mutable_state());
  Emit();
}

void Recorder::OnMessage(const MessageEvent& event) {
  if (event.fate == MessageFate::kDelivered) {
    arriving_message_id_ = event.id;
    return;
  }
  proto::Network* network = record_.mutable_network();
  network->set_time_micros(event.time_micros);
  network->set_fate(static_cast<proto::Fate>(static_cast<int>(event.fate)));
  network->set_id(event.id);
  ToProto(event.message, network->mutable_message());
  Emit();
}

void Recorder::OnFault(const FaultEvent& event) {
  proto::Fault* fault = record_.mutable_fault();
  fault->set_time_micros(event.time_micros);
  fault->set_name(ToString(event.fault));
  fault->set_phase(static_cast<proto::Phase>(static_cast<int>(event.phase)));
  PutNode(event.node, fault);
  if (event.peer != kNoNode) ToProto(event.peer, fault->mutable_peer());
  fault->set_value(event.value);
  Emit();
}

void Recorder::OnCut(const CutEvent& event) {
  proto::Cut* cut = record_.mutable_cut();
  cut->set_time_micros(event.time_micros);
  for (uint32_t from = 1; from <= kServersMax; ++from) {
    for (uint32_t to = 1; to <= kServersMax; ++to) {
      if (!event.links.contains(from, to)) continue;
      proto::Link* link = cut->add_links();
      link->set_from(from);
      link->set_to(to);
    }
  }
  Emit();
}

void Recorder::OnClient(const ClientEvent& event) {
  proto::Operation* operation = record_.mutable_operation();
  operation->set_time_micros(event.time_micros);
  operation->set_client(event.client);
  operation->set_sequence(event.sequence);
  operation->set_kind(static_cast<proto::OperationKind>(static_cast<int>(event.kind)));
  operation->set_key(event.key);
  operation->set_argument(event.argument);
  operation->set_expected(event.expected);
  operation->set_answer(static_cast<proto::Answer>(static_cast<int>(event.answer)));
  operation->set_result(event.result);
  operation->set_words(std::string(event.words));
  PutNode(event.node, operation);
  Emit();
}

void Recorder::OnHealed(int64_t time_micros) {
  record_.mutable_healed()->set_time_micros(time_micros);
  Emit();
}

void Recorder::Emit() {
  sink_(record_);
  record_.Clear();
}

void Recorder::EmitChoices(size_t pending_min) {
  if (choices_ == nullptr) return;
  const std::vector<uint64_t>& recorded = choices_->recorded();
  if (recorded.size() - choices_emitted_ < pending_min) return;
  while (choices_emitted_ < recorded.size()) {
    const size_t end = std::min(recorded.size(), choices_emitted_ + traces::kChoicesPerRecord);
    proto::Choices* piece = record_.mutable_choices();
    for (; choices_emitted_ < end; ++choices_emitted_) piece->add_values(recorded[choices_emitted_]);
    Emit();
  }
}

}  // namespace lockstep::sim
