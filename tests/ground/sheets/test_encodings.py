"""Texts of many scripts find their encoding by their own letters."""

from __future__ import annotations

import pytest

from framework.ground.sheets.encodings import decode
from framework.ground.sheets.limits import Limits

LISTS = {
    "cp1252": "Leverantör,Adress\nGöteborgs El AB,Västra Frölunda\nMalmö Data,Skåne\n",
    "cp850": "Leverancier,Adres\nElektronik Göteborg,Västra Frölunda\nAssemblée,Liège\n",
    "mac_roman": "Leverantör,Adress\nElektronik,Västra Frölunda Åsa\n",
    "cp1250": "Dodavatel,Adresa\nŠkoda Elektro,třída Václava 8 Mladá Boleslav\nFabryka Łódź,ul. Żwirki 5\n",
    "gb18030": "供应商名称,地址\n湖边电子科技有限公司,广东省深圳市龙华区油松路二号\n",
    "big5hkscs": "供應商名稱,地址\n湖邊精密工業股份有限公司,新北市土城區自由街2號\n",
    "cp932": "仕入先,住所\n株式会社湖畔製作所,東京都千代田区丸の内一丁目6番6号\n",
    "cp949": "공급업체,주소\n호반전자 주식회사,경기도 수원시 영통구 중앙로 129\n",
}


@pytest.mark.parametrize("encoding", LISTS)
def test_a_list_is_read_in_the_letters_it_was_written_in_and_the_guess_is_told(encoding):
    data = LISTS[encoding].encode(encoding)

    found = decode(data, Limits().csv_encodings)

    assert "".join(found.lines(data)) == LISTS[encoding]
    assert [key for key, _facts in found.notices] == ["encoding-guessed"]


@pytest.mark.parametrize("encoding", LISTS)
def test_in_utf_8_nothing_is_guessed(encoding):
    found = decode(LISTS[encoding].encode(), Limits().csv_encodings)

    assert (found.encoding, found.notices) == ("utf-8", [])


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs", "cp932", "cp949"])
def test_one_name_with_an_accent_does_not_become_an_eastern_sign(encoding):
    data = "Name,City\nElektronik AB,Göteborg\nWorks,Łask".replace("Łask", "Lask").encode("cp1252")

    assert decode(data, ("cp1252", encoding)).encoding == decode(data, (encoding, "cp1252")).encoding == "cp1252"
