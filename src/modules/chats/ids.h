#pragma once
// What the values of a conversation are told apart by.
#include "base/fields.h"

namespace ry::chats {

DECLARE_ID(ChatId, "chat");
DECLARE_ID(BranchId, "branch");
DECLARE_ID(SegmentId, "segment");
DECLARE_ID(MessageId, "message");
DECLARE_ID(VariantId, "variant");
DECLARE_ID(GenerationId, "generation");
DECLARE_ID(RunId, "run");
DECLARE_ID(StepId, "step");
DECLARE_ID(PipelineId, "pipeline");
DECLARE_ID(ModelId, "model");
DECLARE_ID(PersonaId, "persona");
DECLARE_ID(EntityProfileId, "profile");
DECLARE_ID(AppId, "app");          // what a chat may be about; modules/apps owns it
DECLARE_ID(VersionId, "version");  // the state of the app at a point of the conversation; modules/apps owns it

}  // namespace ry::chats
