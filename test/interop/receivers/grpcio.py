"""An OTLP/gRPC receiver on grpcio and protobuf of Debian. Prints its port, then one JSON line a request."""
import json
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

# opentelemetry-proto 1.x: (number, name, type, repeated); a type in capitals is a message.
MESSAGES = {
    "AnyValue": [(1, "string_value", "string", False), (2, "bool_value", "bool", False), (3, "int_value", "int64", False)],
    "KeyValue": [(1, "key", "string", False), (2, "value", "AnyValue", False)],
    "Resource": [(1, "attributes", "KeyValue", True)],
    "Span": [(1, "trace_id", "bytes", False), (2, "span_id", "bytes", False), (5, "name", "string", False),
             (7, "start_time_unix_nano", "fixed64", False), (8, "end_time_unix_nano", "fixed64", False)],
    "ScopeSpans": [(2, "spans", "Span", True)],
    "ResourceSpans": [(1, "resource", "Resource", False), (2, "scope_spans", "ScopeSpans", True)],
    "ExportTraceServiceRequest": [(1, "resource_spans", "ResourceSpans", True)],
}
FIELD = descriptor_pb2.FieldDescriptorProto
TYPES = {"string": FIELD.TYPE_STRING, "bool": FIELD.TYPE_BOOL, "int64": FIELD.TYPE_INT64,
         "bytes": FIELD.TYPE_BYTES, "fixed64": FIELD.TYPE_FIXED64}

file = descriptor_pb2.FileDescriptorProto(name="otlp.proto", package="otlp", syntax="proto3")
for message, fields in MESSAGES.items():
    described = file.message_type.add(name=message)
    for number, name, kind, repeated in fields:
        field = described.field.add(name=name, number=number)
        field.label = FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL
        field.type = TYPES.get(kind, FIELD.TYPE_MESSAGE)
        if kind not in TYPES:
            field.type_name = f".otlp.{kind}"
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
Request = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("otlp.ExportTraceServiceRequest"))


def export(body, context):
    spans = [span for resource in Request.FromString(body).resource_spans
             for scope in resource.scope_spans for span in scope.spans]
    whole = all(len(span.trace_id) == 16 and len(span.span_id) == 8 and span.end_time_unix_nano > 0 for span in spans)
    print(json.dumps({"names": [span.name for span in spans], "whole": whole}), flush=True)
    return b""


class Traces(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method != "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
            return None
        return grpc.unary_unary_rpc_method_handler(export)


server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers([Traces()])
print("port", server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
