#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/path/expression.h"
#include "fhir/path/item.h"
#include "mappings/engine/arena.h"
#include "mappings/engine/id_policy.h"
#include "mappings/engine/node.h"
#include "mappings/engine/plan.h"

namespace kap::mappings {

/// A primitive value on its way from a source to a target.
struct Text {
  std::string_view text;
  definitions::Primitive primitive = definitions::Primitive::kNone;
  bool present = false;
};

/// The value of a variable while a map runs.
struct Var {
  enum class Kind : std::uint8_t { kNone, kElement, kNode, kText } kind = Kind::kNone;
  fhir::path::Element element;
  OutNode* node = nullptr;
  Text text;
};

/// One produced element and where it came from, for explain.
struct TraceEntry {
  const OutNode* node = nullptr;
  const plan::Target* target = nullptr;
  std::string source;
};

struct RunLimits {
  std::uint32_t rules = 1'000'000;
  std::uint32_t depth = 64;  // of group calls
  std::size_t issues = 50;   // after which a run stops
};

struct RunOptions {
  IdPolicy ids = IdPolicy::local();
  std::string_view clinic;
  const Clock* clock = nullptr;
  /// For uuid(); without it the transform is an error.
  std::function<std::string()> uuid;
  RunLimits limits;
  std::vector<TraceEntry>* trace = nullptr;
};

/// Runs one plan over one source. The nodes live in `arena`.
class Runner {
 public:
  Runner(const plan::Program& program, const RunOptions& options, Arena& arena);

  /// False where a limit stopped the run; `issues()` then says so too.
  bool run(const plan::Entry& entry, const fhir::path::Element& source, OutNode& target);
  [[nodiscard]] const std::vector<Issue>& issues() const { return issues_; }
  OutNode& make_object(const definitions::TypeDef* type);
  /// The id that stands for a local one; the local one itself under the local policy.
  [[nodiscard]] std::string_view public_id(std::string_view type, std::string_view local);
  void report(Code code, const plan::Origin& origin, std::string message, std::string path = {});

 private:
  // run_rule.cc
  bool group(const plan::Group& group, Var* vars);
  bool rules(const std::vector<plan::Rule>& rules, const std::vector<plan::Variable>& shares,
             Var* vars);
  bool source(const plan::Rule& rule, std::size_t index, Var* vars);
  bool item(const plan::Rule& rule, std::size_t index, Var* vars);
  bool filtered(const plan::Rule& rule, std::size_t index, Var* vars, std::pmr::vector<Var>& items);
  void gather(const plan::Source& source, const Var* vars, std::pmr::vector<Var>& items) const;
  bool default_item(const plan::Source& source, Var* vars, std::pmr::vector<Var>& items);
  bool apply(const plan::Rule& rule, Var* vars);
  bool call(const plan::Call& call, const Var* vars);
  Var* frame(std::size_t count);
  std::optional<bool> holds(const plan::Condition& condition, const plan::Source& source,
                            Var* vars);
  bool cardinality(const plan::Source& source, std::size_t count, const Var* vars);

  // run_value.cc
  Text read(const plan::Value& value, const Var* vars);
  Text text_of(const fhir::path::Element& element);
  Text text_of(const fhir::path::Item& item);
  Text constant(std::uint16_t index);
  std::optional<fhir::path::Collection> evaluate(const plan::Expression& expression,
                                                 const Var& focus, const Var* vars);
  std::string_view keep(std::string_view text);
  static fhir::path::Collection collection(const Var& var);

  // run_target.cc
  bool target(const plan::Target& target, const plan::Rule& rule, Var* vars);
  OutNode* parent_of(const plan::Target& target, const Var* vars);
  OutNode* place(const plan::Target& target, OutNode& parent, const MemberSlot& slot, Var* vars,
                 bool is_object);
  OutNode* add(OutNode& parent, const MemberSlot& slot, bool front);
  void write(const plan::Target& target, const Text& text, Var* vars);
  void write_raw(const plan::Target& target, std::string_view json, Var* vars);
  void set(OutNode& node, const plan::Target& target, const MemberSlot* slot, const Text& text);
  void create(const plan::Target& target, Var* vars);
  void dynamic(const plan::Target& target, Var* vars);
  void dynamic_item(const plan::Target& target, const fhir::path::Item& item, Var* vars);
  const MemberSlot* choose(const plan::Target& target, std::string_view type,
                           definitions::Primitive primitive) const;
  void trace(const plan::Target& target, const OutNode* node);
  [[nodiscard]] std::string_view reference_id(const MemberSlot& slot, std::string_view text);
  [[nodiscard]] std::string source_path() const;

  // run_transform.cc
  Text transform(const plan::Target& target, const Var* vars);
  Text append(const plan::Target& target, const Var* vars);
  Text truncate(const plan::Target& target, const Var* vars);
  Text escape(const plan::Target& target, const Var* vars);
  Text date_op(const plan::Target& target, const Var* vars);
  Text reference(const plan::Target& target, const Var* vars);
  Text uuid(const plan::Target& target);
  void translate(const plan::Target& target, Var* vars);
  const plan::CodeTable::Target* translate_code(const plan::Target& target, std::string_view system,
                                                std::string_view code,
                                                plan::CodeTable::Target& scratch);
  void build(const plan::Target& target, Var* vars);
  void build_text(const plan::Target& target, Var* vars);
  std::optional<Text> cast(const plan::Target& target, const Text& from);

  const plan::Program& program_;
  const RunOptions& options_;
  Arena& arena_;
  std::vector<Issue> issues_;
  std::vector<Text> constants_;
  std::vector<bool> constant_known_;
  struct IdKey {
    std::string_view type;
    std::string_view local;
    friend bool operator==(const IdKey&, const IdKey&) = default;
  };
  struct IdHash {
    std::size_t operator()(const IdKey& key) const {
      return std::hash<std::string_view>{}(key.local) * 31 + key.type.size();
    }
  };
  std::unordered_map<IdKey, std::string_view, IdHash> ids_;
  std::vector<std::unique_ptr<plan::Target>> kept_targets_;
  OutNode* created_ = nullptr;  // by the last create()
  const Var* focus_ = nullptr;  // the first source's item of the rule that applies
  // Frames of groups, one behind the other; a block never moves.
  std::vector<std::unique_ptr<Var[]>> frames_;
  std::size_t frame_block_ = 0;
  std::size_t frame_used_ = 0;
  std::uint32_t steps_ = 0;
  std::uint32_t depth_ = 0;
};

/// The finished JSON of a Coding or CodeableConcept, the quoted text of the other outputs.
[[nodiscard]] std::string translation_json(const fhir::terminology::Translation& to,
                                           plan::TranslateOutput output);

}  // namespace kap::mappings
