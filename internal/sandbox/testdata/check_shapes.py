"""Holds answers to the models of botocore.

Reads a list of {service, action, body} and prints what in the bodies is no member
of the action's output, or has no value of the member's type.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree

import botocore.session

session = botocore.session.get_session()
complaints = []

SCALARS = {
    "boolean": r"true|false",
    "integer": r"-?\d+", "long": r"-?\d+", "float": r"-?[\d.]+", "double": r"-?[\d.]+",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    "string": r"(?s).*",
}


def complain(path, what):
    complaints.append(f"{path}: {what}")


def scalar(path, shape, text):
    if not re.fullmatch(SCALARS[shape.type_name], text):
        complain(path, f"{text!r} is no {shape.type_name}")
    allowed = getattr(shape, "enum", None)
    if allowed and text not in allowed:
        complain(path, f"{text!r} is none of {allowed}")


def structure(path, shape, element):
    members = {m.serialization.get("name", name): m for name, m in shape.members.items()}
    for child in element:
        name = child.tag.split("}")[-1]
        if name not in members:
            complain(f"{path}.{name}", "no such member")
            continue
        value(f"{path}.{name}", members[name], child)


def value(path, shape, element):
    if shape.type_name == "structure":
        structure(path, shape, element)
    elif shape.type_name == "list":
        for item in element:
            if item.tag.split("}")[-1] != shape.member.serialization.get("name", "member"):
                complain(path, f"an item is called {item.tag}")
            value(path + "[]", shape.member, item)
    else:
        if len(element):
            complain(path, "has elements, but no structure")
        scalar(path, shape, element.text or "")


def json_value(path, shape, node):
    if shape.type_name == "structure":
        for name, child in node.items():
            if name not in shape.members:
                complain(f"{path}.{name}", "no such member")
            else:
                json_value(f"{path}.{name}", shape.members[name], child)
    elif shape.type_name == "list":
        for child in node:
            json_value(path + "[]", shape.member, child)
    elif shape.type_name == "timestamp":
        if not isinstance(node, float):
            complain(path, f"{node!r} is no timestamp")
    elif shape.type_name == "boolean":
        if not isinstance(node, bool):
            complain(path, f"{node!r} is no boolean")
    elif isinstance(node, str) != (shape.type_name == "string"):
        complain(path, f"{node!r} is no {shape.type_name}")
    else:
        scalar(path, shape, str(node))


for answer in json.load(sys.stdin):
    service, action = answer["service"], answer["action"]
    model = session.get_service_model(service)
    shape = model.operation_model(action).output_shape
    path = f"{service} {action}"
    if model.metadata["protocol"] == "json":
        if shape is not None:
            json_value(path, shape, json.loads(answer["body"]))
        continue
    root = ElementTree.fromstring(answer["body"])
    if root.tag != f"{{{model.metadata['xmlNamespace']}}}{action}Response":
        # The EC2 model has no namespace of its own version.
        if not root.tag.endswith(f"}}{action}Response"):
            complain(path, f"the answer is called {root.tag}")
    name = lambda e: e.tag.split("}")[-1]
    if model.metadata["protocol"] == "ec2":
        # Documented of operations that the model gives no output: <return>true</return>.
        ignored = {"requestId"} | ({"return"} if shape is None else set())
        for child in [c for c in root if name(c) in ignored]:
            root.remove(child)
        if shape is not None:
            structure(path, shape, root)
        elif len(root):
            complain(path, "has members, but no output")
        continue
    result, metadata = list(root)
    if [name(result), name(metadata)] != [action + "Result", "ResponseMetadata"]:
        complain(path, f"is made of {name(result)} and {name(metadata)}")
    if shape is not None:
        structure(path, shape, result)
    elif len(result):
        complain(path, "has members, but no output")

json.dump(complaints, sys.stdout)
