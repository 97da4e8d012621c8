#include "kernel/stream/model.h"

namespace ry::stream {

const Fields& Event::fields() {
    using S = Event;
    static const Field table[] = {
        field("seq", &S::seq, "Its place in the stream: 1, 2, 3 …"),
        field("type", &S::type, "What happened."),
        field("data", &S::data, "The event, with its type."),
        field("opens", &S::opens, "Whether a text grows after it."),
        field("closes", &S::closes, "The text that it ends."),
        field("text", &S::text, "That text, when data does not carry it."),
    };
    static const Fields all{"Event", table};
    return all;
}

const Fields& FlushedText::fields() {
    using S = FlushedText;
    static const Field table[] = {
        field("block", &S::block, "The seq of the event that opened the text."),
        field("text", &S::text, "What was flushed of it."),
    };
    static const Fields all{"FlushedText", table};
    return all;
}

const Fields& Look::fields() {
    using S = Look;
    static const Field table[] = {
        field("last_seq", &S::last_seq, "The last event."),
        field("texts", &S::texts, "The open texts."),
    };
    static const Fields all{"Look", table};
    return all;
}

const Fields& Head::fields() {
    using S = Head;
    static const Field table[] = {
        field("organization_id", &S::organization_id, "The tenant."),
        field("stream", &S::stream, "The stream's name."),
        field("seq", &S::seq, "The last event."),
    };
    static const Fields all{"Head", table};
    return all;
}

}  // namespace ry::stream
